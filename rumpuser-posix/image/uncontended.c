/*
 * What loaded kernels do themselves: lock and release what nobody waits for. It is compiled into the
 * kernel image, where it takes the place of the hypercalls by the linker's --wrap, and makes them where
 * it takes more than one atomic exchange. A call in the image costs less than one out of it.
 *
 * Whether the kernel is dead is not asked here: a thread that gets what it wants learns of it at a
 * hypercall that it does make, as one that is between two hypercalls does anyway.
 *
 * Layouts and values are those of mutex.rs, rwlock/state.rs and condvar.rs.
 */

/* What RUMP_CURLWP is one of. */
#define RUMP_CURLWP_HYPERCALL 1
#define RUMP_CURLWP___THREAD 2

/* Only where the kernel finds its current lwp without a hypercall, and compilers exchange words inline. */
#if RUMP_CURLWP == RUMP_CURLWP___THREAD && defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4)

struct lwp;
extern __thread struct lwp *curlwp_storage;

struct rumpuser_mtx {
	unsigned state;
	unsigned flags;
	struct lwp *owner;
};
#define MUTEX_HELD 1
#define MUTEX_KERNEL 2 /* of the flags: RUMPUSER_MTX_KMUTEX */

struct rumpuser_rw {
	unsigned state;
	unsigned kind;
	struct lwp *writer;
};
#define RW_WRITER 1
#define RW_QUEUED 2
#define RW_READER 4
enum rumprwlock { READER, WRITER };

struct rumpuser_cv {
	unsigned long waiters;
};

void __real_rumpuser_mutex_enter(struct rumpuser_mtx *);
void __real_rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *);
int __real_rumpuser_mutex_tryenter(struct rumpuser_mtx *);
void __real_rumpuser_mutex_exit(struct rumpuser_mtx *);
void __real_rumpuser_rw_enter(int, struct rumpuser_rw *);
int __real_rumpuser_rw_tryenter(int, struct rumpuser_rw *);
void __real_rumpuser_rw_exit(struct rumpuser_rw *);
void __real_rumpuser_cv_signal(struct rumpuser_cv *);
void __real_rumpuser_cv_broadcast(struct rumpuser_cv *);

#define HERE __attribute__((__visibility__("hidden")))
#define likely(condition) __builtin_expect(!!(condition), 1)

static inline int
exchange(unsigned *state, unsigned from, unsigned to)
{

	return likely(__atomic_compare_exchange_n(state, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

static inline int
mutex_lock(struct rumpuser_mtx *mutex)
{

	if (!exchange(&mutex->state, 0, MUTEX_HELD))
		return 0;
	if (mutex->flags & MUTEX_KERNEL)
		__atomic_store_n(&mutex->owner, curlwp_storage, __ATOMIC_RELAXED);
	return 1;
}

HERE void
__wrap_rumpuser_mutex_enter(struct rumpuser_mtx *mutex)
{

	if (!mutex_lock(mutex))
		__real_rumpuser_mutex_enter(mutex);
}

HERE void
__wrap_rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mutex)
{

	if (!mutex_lock(mutex))
		__real_rumpuser_mutex_enter_nowrap(mutex);
}

HERE int
__wrap_rumpuser_mutex_tryenter(struct rumpuser_mtx *mutex)
{

	return mutex_lock(mutex) ? 0 : __real_rumpuser_mutex_tryenter(mutex);
}

HERE void
__wrap_rumpuser_mutex_exit(struct rumpuser_mtx *mutex)
{

	/* Before somebody else can be it. Where there is none to be kept, there is none. */
	__atomic_store_n(&mutex->owner, (struct lwp *)0, __ATOMIC_RELAXED);
	if (!exchange(&mutex->state, MUTEX_HELD, 0))
		__real_rumpuser_mutex_exit(mutex);
}

static inline int
rw_lock(int operation, struct rumpuser_rw *lock)
{
	unsigned state;

	if (operation == READER) {
		state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
		return (state & (RW_WRITER | RW_QUEUED)) == 0 && exchange(&lock->state, state, state + RW_READER);
	}
	if (operation != WRITER || !exchange(&lock->state, 0, RW_WRITER))
		return 0;
	__atomic_store_n(&lock->writer, curlwp_storage, __ATOMIC_RELAXED);
	return 1;
}

HERE void
__wrap_rumpuser_rw_enter(int operation, struct rumpuser_rw *lock)
{

	if (!rw_lock(operation, lock))
		__real_rumpuser_rw_enter(operation, lock);
}

HERE int
__wrap_rumpuser_rw_tryenter(int operation, struct rumpuser_rw *lock)
{

	return rw_lock(operation, lock) ? 0 : __real_rumpuser_rw_tryenter(operation, lock);
}

HERE void
__wrap_rumpuser_rw_exit(struct rumpuser_rw *lock)
{
	unsigned state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

	if ((state & RW_QUEUED) == 0 && state >= RW_READER) {
		if (exchange(&lock->state, state, state - RW_READER))
			return;
	} else if (state == RW_WRITER && lock->writer == curlwp_storage) {
		__atomic_store_n(&lock->writer, (struct lwp *)0, __ATOMIC_RELAXED);
		if (exchange(&lock->state, RW_WRITER, 0))
			return;
		/* Somebody has come to wait; the hypercall asks who releases. */
		__atomic_store_n(&lock->writer, curlwp_storage, __ATOMIC_RELAXED);
	}
	__real_rumpuser_rw_exit(lock);
}

HERE void
__wrap_rumpuser_cv_signal(struct rumpuser_cv *condvar)
{

	if (__atomic_load_n(&condvar->waiters, __ATOMIC_SEQ_CST) != 0)
		__real_rumpuser_cv_signal(condvar);
}

HERE void
__wrap_rumpuser_cv_broadcast(struct rumpuser_cv *condvar)
{

	if (__atomic_load_n(&condvar->waiters, __ATOMIC_SEQ_CST) != 0)
		__real_rumpuser_cv_broadcast(condvar);
}

#endif
