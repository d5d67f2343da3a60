/* The hypercalls that the test programs make: names, types and numbers of version 17. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lwp;
struct rumpuser_mtx;
struct rumpuser_rw;
struct rumpuser_cv;

struct hyperup {
	void (*schedule)(void);
	void (*unschedule)(void);
	void (*backend_unschedule)(int, int *, void *);
	void (*backend_schedule)(int, void *);
	void (*lwproc_switch)(struct lwp *);
	void (*lwproc_release)(void);
	int (*lwproc_rfork)(void *, int, const char *);
	int (*lwproc_newlwp)(pid_t);
	struct lwp *(*lwproc_curlwp)(void);
	int (*syscall)(int, void *, long *);
	void (*lwpexit)(void);
	void (*execnotify)(const char *);
	pid_t (*getpid)(void);
	void *extra[8];
};

struct iov {
	void *base;
	size_t length;
};

enum { SPIN = 1, KMUTEX = 2 };
enum { READER, WRITER };
enum { LWP_CREATE, LWP_DESTROY, LWP_SET, LWP_CLEAR };
enum { RELWALL, ABSMONO };
enum { OPEN_RDONLY = 0, OPEN_RDWR = 2, OPEN_CREATE = 4, OPEN_BIO = 16 };
enum { FT_DIR = 1, FT_REG = 2 };
enum { BIO_READ = 1, BIO_WRITE = 2, BIO_SYNC = 4 };

/* Errors, as NetBSD numbers them. */
enum {
	E_NOENT = 2, E_IO = 5, E_BUSY = 16, E_INVAL = 22, E_RANGE = 34, E_OPNOTSUPP = 45,
	E_TIMEDOUT = 60
};

int rumpuser_init(int, const struct hyperup *);
int rumpuser_malloc(size_t, int, void **);
void rumpuser_free(void *, size_t);
int rumpuser_anonmmap(void *, size_t, int, int, void **);
void rumpuser_unmap(void *, size_t);
int rumpuser_open(const char *, int, int *);
int rumpuser_close(int);
int rumpuser_getfileinfo(const char *, uint64_t *, int *);
void rumpuser_bio(int, int, void *, size_t, int64_t, void (*)(void *, size_t, int), void *);
int rumpuser_iovread(int, struct iov *, size_t, int64_t, size_t *);
int rumpuser_iovwrite(int, const struct iov *, size_t, int64_t, size_t *);
int rumpuser_syncfd(int, int, uint64_t, uint64_t);
int rumpuser_clock_gettime(int, int64_t *, long *);
int rumpuser_clock_sleep(int, int64_t, long);
int rumpuser_getparam(const char *, void *, size_t);
void rumpuser_seterrno(int);
int rumpuser_kill(int64_t, int);
void rumpuser_exit(int) __attribute__((__noreturn__));
void rumpuser_putchar(int);
void rumpuser_dprintf(const char *, ...) __attribute__((__format__(__printf__, 1, 2)));
int rumpuser_getrandom(void *, size_t, int, size_t *);
int rumpuser_thread_create(void *(*)(void *), void *, const char *, int, int, int, void **);
void rumpuser_thread_exit(void) __attribute__((__noreturn__));
int rumpuser_thread_join(void *);
void rumpuser_curlwpop(int, struct lwp *);
struct lwp *rumpuser_curlwp(void);
void rumpuser_mutex_init(struct rumpuser_mtx **, int);
void rumpuser_mutex_enter(struct rumpuser_mtx *);
void rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *);
int rumpuser_mutex_tryenter(struct rumpuser_mtx *);
void rumpuser_mutex_exit(struct rumpuser_mtx *);
void rumpuser_mutex_destroy(struct rumpuser_mtx *);
void rumpuser_mutex_owner(struct rumpuser_mtx *, struct lwp **);
void rumpuser_rw_init(struct rumpuser_rw **);
void rumpuser_rw_enter(int, struct rumpuser_rw *);
int rumpuser_rw_tryenter(int, struct rumpuser_rw *);
int rumpuser_rw_tryupgrade(struct rumpuser_rw *);
void rumpuser_rw_downgrade(struct rumpuser_rw *);
void rumpuser_rw_exit(struct rumpuser_rw *);
void rumpuser_rw_destroy(struct rumpuser_rw *);
void rumpuser_rw_held(int, struct rumpuser_rw *, int *);
void rumpuser_cv_init(struct rumpuser_cv **);
void rumpuser_cv_destroy(struct rumpuser_cv *);
void rumpuser_cv_wait(struct rumpuser_cv *, struct rumpuser_mtx *);
void rumpuser_cv_wait_nowrap(struct rumpuser_cv *, struct rumpuser_mtx *);
int rumpuser_cv_timedwait(struct rumpuser_cv *, struct rumpuser_mtx *, int64_t, int64_t);
void rumpuser_cv_signal(struct rumpuser_cv *);
void rumpuser_cv_broadcast(struct rumpuser_cv *);
void rumpuser_cv_has_waiters(struct rumpuser_cv *, int *);
int rumpuser_daemonize_begin(void);
int rumpuser_daemonize_done(int);
int rumpuser_sp_init(const char *, const char *, const char *, const char *);
