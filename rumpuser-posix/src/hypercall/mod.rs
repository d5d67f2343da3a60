//! The hypercalls of rumpuser(3): a file for each group, with its contract at the head.

mod bio;
mod clock;
mod component;
mod condvar;
mod console;
mod curlwp;
mod daemonize;
mod dynloader;
mod file;
mod memory;
mod mutex;
mod param;
mod process;
mod random;
mod rwlock;
mod sanitizer;
mod signal;
mod sysproxy;
mod thread;
mod uncontended;
mod vectored;
