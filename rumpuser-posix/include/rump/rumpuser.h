/*
 * The hypercalls of rumpuser(3), version 17, that librumpuser exports.
 *
 * What each has to do is said in docs/hypercalls.md.
 */
#ifndef _RUMP_RUMPUSER_H_
#define _RUMP_RUMPUSER_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define RUMPUSER_NORETURN_ __attribute__((__noreturn__))
#define RUMPUSER_PRINTF_ __attribute__((__format__(__printf__, 1, 2)))
#else
#define RUMPUSER_NORETURN_
#define RUMPUSER_PRINTF_
#endif

#define RUMPUSER_VERSION 17

struct lwp;
struct modinfo;
struct rump_component;
struct rumpuser_cv;
struct rumpuser_mtx;
struct rumpuser_rw;

/* Beginning and end */

struct rumpuser_hyperup {
	void (*hyp_schedule)(void);
	void (*hyp_unschedule)(void);
	void (*hyp_backend_unschedule)(int zero, int *locks, void *interlock);
	void (*hyp_backend_schedule)(int locks, void *interlock);
	void (*hyp_lwproc_switch)(struct lwp *lwp);
	void (*hyp_lwproc_release)(void);
	int (*hyp_lwproc_rfork)(void *client, int flags, const char *command);
	int (*hyp_lwproc_newlwp)(pid_t process);
	struct lwp *(*hyp_lwproc_curlwp)(void);
	int (*hyp_syscall)(int number, void *arguments, long *result);
	void (*hyp_lwpexit)(void);
	void (*hyp_execnotify)(const char *command);
	pid_t (*hyp_getpid)(void);
	void *hyp__extra[8];
};

#define RUMPUSER_PANIC (-1)
#define RUMPUSER_PID_SELF ((int64_t)-1)

int rumpuser_init(int version, const struct rumpuser_hyperup *upcalls);
void rumpuser_exit(int code) RUMPUSER_NORETURN_;
int rumpuser_kill(int64_t process, int signal);
void rumpuser_seterrno(int error);
int rumpuser_daemonize_begin(void);
int rumpuser_daemonize_done(int error);

/* Memory */

int rumpuser_malloc(size_t size, int alignment, void **memory);
void rumpuser_free(void *memory, size_t size);
int rumpuser_anonmmap(void *wish, size_t size, int alignment, int executable, void **memory);
void rumpuser_unmap(void *memory, size_t size);

/* Console and parameters */

#define RUMPUSER_PARAM_NCPU "_RUMPUSER_NCPU"
#define RUMPUSER_PARAM_HOSTNAME "_RUMPUSER_HOSTNAME"

void rumpuser_putchar(int character);
void rumpuser_dprintf(const char *format, ...) RUMPUSER_PRINTF_;
int rumpuser_getparam(const char *name, void *buffer, size_t size);

/* Time and random numbers */

#define RUMPUSER_CLOCK_RELWALL 0
#define RUMPUSER_CLOCK_ABSMONO 1

#define RUMPUSER_RANDOM_HARD 1
#define RUMPUSER_RANDOM_NOWAIT 2

int rumpuser_clock_gettime(int clock, int64_t *seconds, long *nanoseconds);
int rumpuser_clock_sleep(int clock, int64_t seconds, long nanoseconds);
int rumpuser_getrandom(void *buffer, size_t size, int flags, size_t *filled);

/* Threads and the current lwp */

#define RUMPUSER_LWP_CREATE 0
#define RUMPUSER_LWP_DESTROY 1
#define RUMPUSER_LWP_SET 2
#define RUMPUSER_LWP_CLEAR 3

int rumpuser_thread_create(void *(*function)(void *), void *argument, const char *name,
    int joinable, int priority, int cpu, void **cookie);
void rumpuser_thread_exit(void) RUMPUSER_NORETURN_;
int rumpuser_thread_join(void *cookie);
void rumpuser_curlwpop(int operation, struct lwp *lwp);
struct lwp *rumpuser_curlwp(void);

/* Locks */

#define RUMPUSER_MTX_SPIN 0x01
#define RUMPUSER_MTX_KMUTEX 0x02

#define RUMPUSER_RW_READER 0
#define RUMPUSER_RW_WRITER 1

void rumpuser_mutex_init(struct rumpuser_mtx **mutex, int flags);
void rumpuser_mutex_enter(struct rumpuser_mtx *mutex);
void rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mutex);
int rumpuser_mutex_tryenter(struct rumpuser_mtx *mutex);
void rumpuser_mutex_exit(struct rumpuser_mtx *mutex);
void rumpuser_mutex_destroy(struct rumpuser_mtx *mutex);
void rumpuser_mutex_owner(struct rumpuser_mtx *mutex, struct lwp **owner);

void rumpuser_rw_init(struct rumpuser_rw **lock);
void rumpuser_rw_enter(int kind, struct rumpuser_rw *lock);
int rumpuser_rw_tryenter(int kind, struct rumpuser_rw *lock);
int rumpuser_rw_tryupgrade(struct rumpuser_rw *lock);
void rumpuser_rw_downgrade(struct rumpuser_rw *lock);
void rumpuser_rw_exit(struct rumpuser_rw *lock);
void rumpuser_rw_destroy(struct rumpuser_rw *lock);
void rumpuser_rw_held(int kind, struct rumpuser_rw *lock, int *held);

void rumpuser_cv_init(struct rumpuser_cv **condvar);
void rumpuser_cv_destroy(struct rumpuser_cv *condvar);
void rumpuser_cv_wait(struct rumpuser_cv *condvar, struct rumpuser_mtx *mutex);
void rumpuser_cv_wait_nowrap(struct rumpuser_cv *condvar, struct rumpuser_mtx *mutex);
int rumpuser_cv_timedwait(struct rumpuser_cv *condvar, struct rumpuser_mtx *mutex,
    int64_t seconds, int64_t nanoseconds);
void rumpuser_cv_signal(struct rumpuser_cv *condvar);
void rumpuser_cv_broadcast(struct rumpuser_cv *condvar);
void rumpuser_cv_has_waiters(struct rumpuser_cv *condvar, int *waiters);

/* Files and disks */

#define RUMPUSER_OPEN_RDONLY 0
#define RUMPUSER_OPEN_WRONLY 1
#define RUMPUSER_OPEN_RDWR 2
#define RUMPUSER_OPEN_ACCMODE 3
#define RUMPUSER_OPEN_CREATE 4
#define RUMPUSER_OPEN_EXCL 8
#define RUMPUSER_OPEN_BIO 16

#define RUMPUSER_FT_OTHER 0
#define RUMPUSER_FT_DIR 1
#define RUMPUSER_FT_REG 2
#define RUMPUSER_FT_BLK 3
#define RUMPUSER_FT_CHR 4

#define RUMPUSER_IOV_NOSEEK (-1)

#define RUMPUSER_SYNCFD_READ 1
#define RUMPUSER_SYNCFD_WRITE 2
#define RUMPUSER_SYNCFD_BOTH (RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE)
#define RUMPUSER_SYNCFD_BARRIER 4
#define RUMPUSER_SYNCFD_SYNC 8

#define RUMPUSER_BIO_READ 1
#define RUMPUSER_BIO_WRITE 2
#define RUMPUSER_BIO_SYNC 4

struct rumpuser_iovec {
	void *iov_base;
	size_t iov_len;
};

typedef void (*rump_biodone_fn)(void *argument, size_t transferred, int error);

int rumpuser_open(const char *path, int flags, int *file);
int rumpuser_close(int file);
int rumpuser_getfileinfo(const char *path, uint64_t *size, int *type);
int rumpuser_iovread(int file, struct rumpuser_iovec *buffers, size_t count, int64_t offset,
    size_t *done);
int rumpuser_iovwrite(int file, const struct rumpuser_iovec *buffers, size_t count,
    int64_t offset, size_t *done);
int rumpuser_syncfd(int file, int flags, uint64_t start, uint64_t length);
void rumpuser_bio(int file, int operation, void *data, size_t size, int64_t offset,
    rump_biodone_fn done, void *argument);

/* Shared objects */

typedef void (*rump_modinit_fn)(const struct modinfo *const *modules, size_t count);
typedef int (*rump_symload_fn)(void *table, uint64_t size, char *names, uint64_t names_size);
typedef void (*rump_compload_fn)(const struct rump_component *component);

void rumpuser_dl_bootstrap(rump_modinit_fn modules, rump_symload_fn symbols,
    rump_compload_fn components);
int rumpuser_sync_icache(void *start, uint64_t size);

/* System calls from other processes */

int rumpuser_sp_init(const char *url, const char *system, const char *release,
    const char *machine);
int rumpuser_sp_copyin(void *client, const void *from, void *to, size_t size);
int rumpuser_sp_copyinstr(void *client, const void *from, void *to, size_t *size);
int rumpuser_sp_copyout(void *client, const void *from, void *to, size_t size);
int rumpuser_sp_copyoutstr(void *client, const void *from, void *to, size_t *size);
int rumpuser_sp_anonmmap(void *client, size_t size, void **memory);
int rumpuser_sp_raise(void *client, int signal);
void rumpuser_sp_fini(void *client);

#ifdef __cplusplus
}
#endif

#endif
