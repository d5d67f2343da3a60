/*
 * Compiled before the file that has panic(). A thread that panics while another does loops for ever, and rump kernels
 * leave out the DELAY in that loop: the hypercall in which the thread would learn that the kernel is dead. So the loop
 * is compiled as other kernels have it. The headers come before that, because those of most machines are others
 * outside of rump kernels.
 */
#include <sys/param.h>
#include <sys/stdint.h>
#include <sys/systm.h>
#include <sys/buf.h>
#include <sys/device.h>
#include <sys/reboot.h>
#include <sys/msgbuf.h>
#include <sys/proc.h>
#include <sys/ioctl.h>
#include <sys/vnode.h>
#include <sys/file.h>
#include <sys/tty.h>
#include <sys/tprintf.h>
#include <sys/syslog.h>
#include <sys/kprintf.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/cpu.h>
#include <dev/cons.h>
#include <net/if.h>

#undef _RUMPKERNEL
#undef DELAY
#define DELAY(us) (*delay_func)(us)
extern void (*delay_func)(unsigned int);
