/*
 * rumpuser_exit(): the last hypercall of a kernel. It is in C to know its own frame, where the walk
 * along the kernel's frames begins.
 */

__attribute__((__noreturn__)) void rumpuser_posix_exit(int, const void *);
__attribute__((__noreturn__)) void rumpuser_exit(int);

void
rumpuser_exit(int code)
{

	rumpuser_posix_exit(code, __builtin_frame_address(0));
}
