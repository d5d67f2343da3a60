/*
 * rumpuser_exit(): the last hypercall of a kernel; and the way out of one that cannot go on. They are
 * in C to know their own frames, where the walk along the kernel's frames begins.
 */

__attribute__((__noreturn__)) void rumpuser_posix_exit(int, const void *);
__attribute__((__noreturn__)) void rumpuser_exit(int);
__attribute__((__noreturn__)) void rumpuser_posix_gave_up(const void *, const void *);
__attribute__((__noreturn__)) void rumpuser_posix_give_up(const void *);

void
rumpuser_exit(int code)
{

	rumpuser_posix_exit(code, __builtin_frame_address(0));
}

void
rumpuser_posix_give_up(const void *reason)
{

	rumpuser_posix_gave_up(reason, __builtin_frame_address(0));
}
