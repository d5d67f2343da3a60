/*
 * What makes the driver part of a rump kernel: tables for autoconf(9), a device switch, device nodes.
 *
 * Copyright: that of the project around it (BSD-2-Clause).
 */

#include <sys/param.h>
#include <sys/conf.h>
#include <sys/device.h>
#include <sys/stat.h>

#include <rump-sys/kern.h>
#include <rump-sys/vfs.h>

#include "ioconf.c"

RUMP_COMPONENT(RUMP_COMPONENT_DEV)
{
	extern const struct cdevsw caesar_cdevsw;
	devmajor_t block = NODEVMAJOR, character = NODEVMAJOR;
	int error;

	config_init_component(cfdriver_ioconf_caesar,
	    cfattach_ioconf_caesar, cfdata_ioconf_caesar);
	error = devsw_attach("caesar", NULL, &block, &caesar_cdevsw, &character);
	if (error == 0)
		error = rump_vfs_makedevnodes(S_IFCHR, "/dev/caesar", '0', character, 0, 2);
	if (error)
		panic("cannot make /dev/caesar0: %d", error);
}
