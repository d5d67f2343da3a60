/*
 * Locks that nobody waits for: what takes one atomic exchange, or none, is done here, and the rest by
 * hypercalls in Rust. It is compiled twice. In kernel images it takes the place of the hypercalls by
 * the linker's --wrap, for a call in the image costs less than one out of it. In this library
 * (shim/uncontended.c) it is the hypercalls themselves, in the section of code that may look at what
 * the kernel points to (shim/access.c).
 *
 * Whether the kernel is dead is not asked here: a thread that gets what it wants learns of it at a
 * hypercall that it does make, as one that is between two hypercalls does anyway.
 *
 * Layouts and values are those of wait/mutex.rs, wait/rwlock.rs and wait/condvar.rs, which say why a
 * lock may be released without an atomic exchange.
 */

/* What RUMP_CURLWP is one of. */
#define RUMP_CURLWP_HYPERCALL 1
#define RUMP_CURLWP___THREAD 2

#ifndef RUMPUSER_POSIX
#define FAST(name) __attribute__((__visibility__("hidden"))) __wrap_rumpuser_##name
#define SLOW(name) __real_rumpuser_##name
#if RUMP_CURLWP == RUMP_CURLWP___THREAD
#define CURRENT curlwp_storage
#endif
#endif

/* Only where the current lwp is found without a hypercall, and compilers exchange words inline. */
#if defined(CURRENT) && defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4)

struct lwp;
#ifdef RUMPUSER_POSIX
extern __thread struct lwp *volatile CURRENT
    __attribute__((__tls_model__("initial-exec"), __visibility__("hidden")));
#else
extern __thread struct lwp *CURRENT;
#endif

struct rumpuser_mtx {
	unsigned held;
	unsigned flags;
	struct lwp *owner;
	unsigned waiters;
};
#define MUTEX_KIND 0x6d780000u
#define MUTEX_KIND_MASK 0xffff0000u
#define MUTEX_KERNEL 2 /* RUMPUSER_MTX_KMUTEX */

struct rumpuser_rw {
	unsigned state;
	unsigned kind;
	struct lwp *writer;
	unsigned readers_wait;
	unsigned writers_wait;
	unsigned flags;
};
#define RW_KIND 0x72776c6bu
#define RW_WRITER 0x80000000u
enum rumprwlock { READER, WRITER };

/* Of either's flags: who waits has the barrier that who releases would need otherwise. */
#define ASYMMETRIC 4

struct rumpuser_cv {
	unsigned long waiters;
};

void SLOW(mutex_enter)(struct rumpuser_mtx *);
void SLOW(mutex_enter_nowrap)(struct rumpuser_mtx *);
int SLOW(mutex_tryenter)(struct rumpuser_mtx *);
void SLOW(mutex_exit)(struct rumpuser_mtx *);
void SLOW(rw_enter)(int, struct rumpuser_rw *);
int SLOW(rw_tryenter)(int, struct rumpuser_rw *);
void SLOW(rw_exit)(struct rumpuser_rw *);
void SLOW(cv_signal)(struct rumpuser_cv *);
void SLOW(cv_broadcast)(struct rumpuser_cv *);

/* They use the address only: the lock may be gone. */
void rumpuser_posix_mutex_wake(struct rumpuser_mtx *);
void rumpuser_posix_rw_wake(struct rumpuser_rw *, int);

/* Whatever looks at a lock has to be in the section. */
#define INLINE static inline __attribute__((__always_inline__))
#define likely(condition) __builtin_expect(!!(condition), 1)
#define load(place) __atomic_load_n(place, __ATOMIC_RELAXED)
#define store(place, value) __atomic_store_n(place, value, __ATOMIC_RELAXED)

INLINE int
exchange(unsigned *state, unsigned from, unsigned to)
{

	return likely(__atomic_compare_exchange_n(state, &from, to, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
}

/* Between releasing a lock and looking for those that wait. */
INLINE void
publish(unsigned flags)
{

	if (likely(flags & ASYMMETRIC))
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	else
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

INLINE int
mutex_lock(struct rumpuser_mtx *mutex)
{
	unsigned flags = load(&mutex->flags);

	if (!likely((flags & MUTEX_KIND_MASK) == MUTEX_KIND) || !exchange(&mutex->held, 0, 1))
		return 0;
	if (likely(flags & MUTEX_KERNEL))
		store(&mutex->owner, CURRENT);
	return 1;
}

void
FAST(mutex_enter)(struct rumpuser_mtx *mutex)
{

	if (!mutex_lock(mutex))
		SLOW(mutex_enter)(mutex);
}

void
FAST(mutex_enter_nowrap)(struct rumpuser_mtx *mutex)
{

	if (!mutex_lock(mutex))
		SLOW(mutex_enter_nowrap)(mutex);
}

int
FAST(mutex_tryenter)(struct rumpuser_mtx *mutex)
{

	return mutex_lock(mutex) ? 0 : SLOW(mutex_tryenter)(mutex);
}

void
FAST(mutex_exit)(struct rumpuser_mtx *mutex)
{
	unsigned flags = load(&mutex->flags);

	if (!likely((flags & MUTEX_KIND_MASK) == MUTEX_KIND && load(&mutex->held) != 0)) {
		SLOW(mutex_exit)(mutex);
		return;
	}
	store(&mutex->owner, (struct lwp *)0);
	__atomic_store_n(&mutex->held, 0, __ATOMIC_RELEASE);
	publish(flags);
	if (!likely(load(&mutex->waiters) == 0))
		rumpuser_posix_mutex_wake(mutex);
}

INLINE int
rw_lock(int operation, struct rumpuser_rw *lock)
{
	unsigned state;

	if (!likely(load(&lock->kind) == RW_KIND))
		return 0;
	if (operation == READER) {
		state = load(&lock->state);
		return load(&lock->writers_wait) == 0 && (state & RW_WRITER) == 0 &&
		    exchange(&lock->state, state, state + 1);
	}
	if (operation != WRITER || !exchange(&lock->state, 0, RW_WRITER))
		return 0;
	store(&lock->writer, CURRENT);
	return 1;
}

void
FAST(rw_enter)(int operation, struct rumpuser_rw *lock)
{

	if (!rw_lock(operation, lock))
		SLOW(rw_enter)(operation, lock);
}

int
FAST(rw_tryenter)(int operation, struct rumpuser_rw *lock)
{

	return rw_lock(operation, lock) ? 0 : SLOW(rw_tryenter)(operation, lock);
}

void
FAST(rw_exit)(struct rumpuser_rw *lock)
{
	unsigned state = load(&lock->state), flags = load(&lock->flags);
	int was_writer = (state & RW_WRITER) != 0;

	if (!likely(load(&lock->kind) == RW_KIND && state != 0 && (!was_writer || load(&lock->writer) == CURRENT))) {
		SLOW(rw_exit)(lock);
		return;
	}
	if (was_writer) {
		store(&lock->writer, (struct lwp *)0);
		__atomic_store_n(&lock->state, 0, __ATOMIC_RELEASE);
	} else if (__atomic_sub_fetch(&lock->state, 1, __ATOMIC_RELEASE) != 0)
		return;
	publish(flags);
	if (!likely((load(&lock->readers_wait) | load(&lock->writers_wait)) == 0))
		rumpuser_posix_rw_wake(lock, was_writer);
}

void
FAST(cv_signal)(struct rumpuser_cv *condvar)
{

	if (__atomic_load_n(&condvar->waiters, __ATOMIC_SEQ_CST) != 0)
		SLOW(cv_signal)(condvar);
}

void
FAST(cv_broadcast)(struct rumpuser_cv *condvar)
{

	if (__atomic_load_n(&condvar->waiters, __ATOMIC_SEQ_CST) != 0)
		SLOW(cv_broadcast)(condvar);
}

#endif
