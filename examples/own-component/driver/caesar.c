/*
 * Devices that keep what is written to them, with each letter moved on by three, until it is read.
 *
 * Copyright: that of the project around it (BSD-2-Clause).
 */

#include <sys/param.h>
#include <sys/conf.h>
#include <sys/device.h>
#include <sys/mutex.h>
#include <sys/systm.h>
#include <sys/uio.h>

#include "ioconf.h"

#define CAESAR_SHIFT	3
#define CAESAR_ROOM	512

struct caesar_softc {
	kmutex_t	sc_lock;
	size_t		sc_used;
	char		sc_text[CAESAR_ROOM];
};

static int	caesar_match(device_t, cfdata_t, void *);
static void	caesar_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(caesar, sizeof(struct caesar_softc),
    caesar_match, caesar_attach, NULL, NULL);

static dev_type_open(caesar_open);
static dev_type_read(caesar_read);
static dev_type_write(caesar_write);

const struct cdevsw caesar_cdevsw = {
	.d_open = caesar_open,
	.d_close = nullclose,
	.d_read = caesar_read,
	.d_write = caesar_write,
	.d_ioctl = noioctl,
	.d_stop = nostop,
	.d_tty = notty,
	.d_poll = nopoll,
	.d_mmap = nommap,
	.d_kqfilter = nokqfilter,
	.d_discard = nodiscard,
	.d_flag = D_OTHER | D_MPSAFE,
};

static char
encipher(char c)
{

	if (c >= 'a' && c <= 'z')
		return 'a' + (c - 'a' + CAESAR_SHIFT) % 26;
	if (c >= 'A' && c <= 'Z')
		return 'A' + (c - 'A' + CAESAR_SHIFT) % 26;
	return c;
}

static int
caesar_match(device_t parent, cfdata_t match, void *aux)
{

	return 1;
}

static void
caesar_attach(device_t parent, device_t self, void *aux)
{
	struct caesar_softc *sc = device_private(self);

	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_NONE);
	aprint_naive("\n");
	aprint_normal(": letters move on by %d\n", CAESAR_SHIFT);
}

static int
caesar_open(dev_t dev, int flags, int mode, struct lwp *l)
{

	return device_lookup_private(&caesar_cd, minor(dev)) ? 0 : ENXIO;
}

/* What is there, once. */
static int
caesar_read(dev_t dev, struct uio *uio, int flags)
{
	struct caesar_softc *sc = device_lookup_private(&caesar_cd, minor(dev));
	size_t count;
	int error;

	mutex_enter(&sc->sc_lock);
	count = MIN(sc->sc_used, uio->uio_resid);
	error = uiomove(sc->sc_text, count, uio);
	if (error == 0) {
		sc->sc_used -= count;
		memmove(sc->sc_text, sc->sc_text + count, sc->sc_used);
	}
	mutex_exit(&sc->sc_lock);
	return error;
}

static int
caesar_write(dev_t dev, struct uio *uio, int flags)
{
	struct caesar_softc *sc = device_lookup_private(&caesar_cd, minor(dev));
	size_t count, i;
	int error;

	mutex_enter(&sc->sc_lock);
	count = MIN(sizeof(sc->sc_text) - sc->sc_used, uio->uio_resid);
	error = count == 0 && uio->uio_resid > 0 ? ENOSPC :
	    uiomove(sc->sc_text + sc->sc_used, count, uio);
	if (error == 0) {
		for (i = sc->sc_used; i < sc->sc_used + count; i++)
			sc->sc_text[i] = encipher(sc->sc_text[i]);
		sc->sc_used += count;
	}
	mutex_exit(&sc->sc_lock);
	return error;
}
