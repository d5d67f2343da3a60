//! Many jobs at once, as many as Cargo's jobserver allows.
//!
//! A build script holds one token by being run; every further job needs one from the jobserver.
//! Without a jobserver (not under Cargo or make) one is made with as many tokens as asked for.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;

use jobserver::{Acquired, Client, HelperThread};

use super::Error;

/// The right to run jobs.
#[derive(Debug, Clone)]
pub struct Tokens {
    client: Client,
    limit: NonZeroUsize,
}

impl Tokens {
    /// Takes part in the jobserver that the environment names, else makes one.
    ///
    /// At most `limit` jobs run at once.
    ///
    /// # Errors
    ///
    /// The system's, when a jobserver cannot be made.
    pub fn new(limit: NonZeroUsize) -> Result<Self, Error> {
        // SAFETY: the descriptors that CARGO_MAKEFLAGS and MAKEFLAGS name were opened by the parent
        // and inherited at exec, so nothing in this process owns them. That they are what they
        // are said to be is checked (`check_pipe`).
        let inherited = unsafe { Client::from_env_ext(true) }.client.ok();
        let client = match inherited {
            Some(client) => client,
            None => Client::new(limit.get() - 1).map_err(Error::Pool)?,
        };
        Ok(Self { client, limit })
    }

    /// Runs `work` on every job in the order given, several at once, and hands each result to
    /// `done` on the calling thread.
    ///
    /// # Errors
    ///
    /// The first error of `work` or `done`; jobs that run are then waited for and no more started.
    pub fn run<J: Send, R: Send + 'static, E: Send + From<Error> + 'static>(
        &self,
        jobs: Vec<J>,
        work: &(impl Fn(J) -> Result<R, E> + Sync),
        done: &mut dyn FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        let wanted = jobs.len().min(self.limit.get()).saturating_sub(1);
        let (sender, receiver) = mpsc::channel();
        let helper = self.request(wanted, &sender)?;
        let mut jobs = jobs.into_iter();
        let mut free = vec![None];
        let mut running = 0_usize;
        let mut failure = None;
        thread::scope(|scope| {
            loop {
                while failure.is_none() && !free.is_empty() && jobs.len() > 0 {
                    if let (Some(slot), Some(job)) = (free.pop(), jobs.next()) {
                        let sender = sender.clone();
                        running += 1;
                        scope.spawn(move || {
                            // What unwinds here would leave the receiver waiting.
                            let result = panic::catch_unwind(AssertUnwindSafe(|| work(job)));
                            // The receiver outlives the scope.
                            let _ = sender.send(Event::Done(slot, result));
                        });
                    }
                }
                if failure.is_some() || jobs.len() == 0 {
                    // Others can use what is not needed any more.
                    free.clear();
                }
                if running == 0 {
                    return;
                }
                match receiver.recv() {
                    Ok(Event::Token(Ok(token))) => free.push(Some(token)),
                    Ok(Event::Token(Err(error))) => {
                        failure.get_or_insert(Error::Pool(error).into());
                    }
                    Ok(Event::Done(slot, result)) => {
                        running -= 1;
                        free.push(slot);
                        let result = result.unwrap_or_else(|panic| panic::resume_unwind(panic));
                        if let Err(error) = result.and_then(&mut *done) {
                            failure.get_or_insert(error);
                        }
                    }
                    // The original sender is alive.
                    Err(mpsc::RecvError) => return,
                }
            }
        });
        drop(helper);
        failure.map_or(Ok(()), Err)
    }

    /// Asks for tokens, which arrive as events. Those that come too late go back.
    fn request<R: Send + 'static, E: Send + 'static>(
        &self,
        count: usize,
        sender: &mpsc::Sender<Event<R, E>>,
    ) -> Result<Option<HelperThread>, Error> {
        if count == 0 {
            return Ok(None);
        }
        let sender = sender.clone();
        let helper = self
            .client
            .clone()
            .into_helper_thread(move |token| {
                // Nobody listens any more: dropping the token gives it back.
                let _ = sender.send(Event::Token(token));
            })
            .map_err(Error::Pool)?;
        for _ in 0..count {
            helper.request_token();
        }
        Ok(Some(helper))
    }
}

/// What a job runs on: a token of the jobserver's, which goes back when dropped, or the one that
/// the process was started with.
type Slot = Option<Acquired>;

/// What the calling thread waits for.
enum Event<R, E> {
    Token(io::Result<Acquired>),
    Done(Slot, thread::Result<Result<R, E>>),
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn tokens(limit: usize) -> Tokens {
        Tokens::new(NonZeroUsize::new(limit).unwrap()).unwrap()
    }

    #[test]
    fn every_job_is_done_once_and_no_more_at_once_than_allowed() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |job: usize| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(2));
            running.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, Error>(job)
        };
        let mut seen = Vec::new();
        let mut done = |job| {
            seen.push(job);
            Ok(())
        };
        tokens(3).run((0..40).collect(), &work, &mut done).unwrap();
        seen.sort_unstable();
        assert_eq!(seen, (0..40).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 3);
    }

    #[test]
    fn after_a_failure_nothing_is_started() {
        let started = AtomicUsize::new(0);
        let work = |job: usize| {
            started.fetch_add(1, Ordering::SeqCst);
            if job == 2 {
                return Err(Error::Pool(io::Error::other("job 2")));
            }
            Ok(())
        };
        let error = tokens(1)
            .run((0..40).collect(), &work, &mut |()| Ok(()))
            .unwrap_err();
        let message = crate::with_sources(&error);
        assert!(message.contains("job 2"), "{message}");
        assert_eq!(started.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn tokens_are_given_back() {
        let tokens = tokens(4);
        for _ in 0..3 {
            let work = |job: usize| Ok::<_, Error>(job);
            tokens
                .run((0..9).collect(), &work, &mut |_| Ok(()))
                .unwrap();
        }
        assert_eq!(tokens.client.available().unwrap(), 3);
    }

    #[test]
    #[should_panic(expected = "job 2")]
    fn a_panic_in_a_job_reaches_the_caller() {
        let work = |job: usize| {
            assert_ne!(job, 2, "job {job}");
            Ok::<_, Error>(())
        };
        let _ = tokens(2).run((0..40).collect(), &work, &mut |()| Ok(()));
    }

    #[test]
    fn nothing_to_do_is_done() {
        let work = |(): ()| Ok::<_, Error>(());
        tokens(2).run(Vec::new(), &work, &mut |()| Ok(())).unwrap();
    }
}
