/*
 * Compiled in place of sys/rump/dev/lib/libugenhc/ugenhc.c, which it includes. The pipes to devices
 * are replaced by those below; NetBSD's are compiled under other names, and nobody uses them. They
 * panic when a device refuses a request, know a few requests only, look for data in memory for DMA
 * where there is none, keep the state of a transfer behind the memory that it has, wait for an
 * aborted transfer with the lock that it needs to end, and know no timeouts. And the root hub does
 * not say which of its ports has changed.
 */
#include <sys/param.h>
#include <sys/device.h>

#include <rump/rumpuser.h>

#include <dev/usb/usb.h>
#include <dev/usb/usbdi.h>

/* NetBSD's expects -1 here and there, and closes the result of opening instead of the file. */
#define rumpuser_open(path, mode, file) (rumpuser_open(path, mode, file) == 0 ? 0 : -1)
#define rumpuser_close(file) ((file) > 0 ? rumpuser_close(file) : 0)

/* Before 2016-04-23 structures have other members. */
#if __has_include(<dev/usb/usbroothub.h>)
#define UGENHC_PIPES
#endif

#ifdef UGENHC_PIPES
static void rumpusb_root_intr_done(struct usbd_xfer *);
static usbd_status rumpusb_device_ctrl_transfer(struct usbd_xfer *);
static usbd_status rumpusb_device_ctrl_start(struct usbd_xfer *);
static void rumpusb_device_ctrl_abort(struct usbd_xfer *);
static usbd_status rumpusb_device_bulk_transfer(struct usbd_xfer *);
static usbd_status rumpusb_device_bulk_start(struct usbd_xfer *);
static void rumpusb_device_bulk_abort(struct usbd_xfer *);
static void rumpusb_device_bulk_close(struct usbd_pipe *);

/* With arguments the names are NetBSD's functions, which call each other; without, as in the tables
 * of methods, they are those below. */
#define rumpusb_root_intr_done(xfer) ugenhc_unused_root_intr_done(xfer)
#define rumpusb_device_ctrl_start(xfer) ugenhc_unused_ctrl_start(xfer)
#define rumpusb_device_ctrl_transfer(xfer) ugenhc_unused_ctrl_transfer(xfer)
#define rumpusb_device_ctrl_abort(xfer) ugenhc_unused_ctrl_abort(xfer)
#define rumpusb_device_bulk_start(xfer) ugenhc_unused_bulk_start(xfer)
#define rumpusb_device_bulk_transfer(xfer) ugenhc_unused_bulk_transfer(xfer)
#define rumpusb_device_bulk_abort(xfer) ugenhc_unused_bulk_abort(xfer)
#define rumpusb_device_bulk_close(pipe) ugenhc_unused_bulk_close(pipe)
#endif

#include "ugenhc.c"

#ifdef UGENHC_PIPES
#undef rumpusb_root_intr_done
#undef rumpusb_device_ctrl_start
#undef rumpusb_device_ctrl_transfer
#undef rumpusb_device_ctrl_abort
#undef rumpusb_device_bulk_start
#undef rumpusb_device_bulk_transfer
#undef rumpusb_device_bulk_abort
#undef rumpusb_device_bulk_close

/* How long a read or write waits for a device, in milliseconds; what ugenhc_open() sets. */
#define UGENHC_POLL 100

/* In ux_hcflags: there is a thread with this transfer. */
#define UGENHC_STARTED 0x80

/* All ports have changed, that is, the one there is. */
static void
rumpusb_root_intr_done(struct usbd_xfer *xfer)
{
	memset(xfer->ux_buf, 0xff, xfer->ux_length);
}

/* Ends a transfer; with the bus locked. */
static void
ugenhc_complete(struct usbd_xfer *xfer, int error, size_t length)
{
	xfer->ux_actlen = length;
	switch (error) {
	case 0:
		xfer->ux_status = USBD_NORMAL_COMPLETION;
		break;
	case EPIPE:
		xfer->ux_status = USBD_STALLED;
		break;
	case ETIMEDOUT:
		xfer->ux_status = USBD_TIMEOUT;
		break;
	default:
		xfer->ux_status = USBD_IOERROR;
		break;
	}
	usb_transfer_complete(xfer);
}

static usbd_status
rumpusb_device_ctrl_start(struct usbd_xfer *xfer)
{
	struct ugenhc_softc *sc = UGENHC_XFER2SC(xfer);
	struct usb_ctl_request request;
	int error = 0;

	memset(&request, 0, sizeof(request));
	request.ucr_request = xfer->ux_request;
	request.ucr_data = xfer->ux_buf;
	if (rumpcomp_ugenhc_ioctl(sc->sc_ugenfd[UGEN_EPT_CTRL], USB_DO_REQUEST, &request, &error) == 0)
		error = 0;
	mutex_enter(&sc->sc_lock);
	ugenhc_complete(xfer, error, request.ucr_actlen);
	mutex_exit(&sc->sc_lock);
	return USBD_IN_PROGRESS;
}

static usbd_status
rumpusb_device_ctrl_transfer(struct usbd_xfer *xfer)
{
	struct ugenhc_softc *sc = UGENHC_XFER2SC(xfer);
	usbd_status status;

	mutex_enter(&sc->sc_lock);
	status = usb_insert_transfer(xfer);
	mutex_exit(&sc->sc_lock);
	return status != USBD_NORMAL_COMPLETION ? status : rumpusb_device_ctrl_start(xfer);
}

/* Requests come to an end by themselves. */
static void
rumpusb_device_ctrl_abort(struct usbd_xfer *xfer)
{
	kpause("ugenctrl", false, 1, xfer->ux_bus->ub_lock);
}

/* Moves the data of a transfer, and ends it. */
static void
ugenhc_carry(struct usbd_xfer *xfer)
{
	usb_endpoint_descriptor_t *endpoint = xfer->ux_pipe->up_endpoint->ue_edesc;
	struct ugenhc_softc *sc = UGENHC_XFER2SC(xfer);
	int file = sc->sc_ugenfd[UE_GET_ADDR(endpoint->bEndpointAddress)];
	int may_be_short = (xfer->ux_flags & USBD_SHORT_XFER_OK) != 0;
	struct rumpuser_iovec piece = { xfer->ux_buf, xfer->ux_length };
	uint32_t waited;
	size_t done = 0;
	int error = EOPNOTSUPP;

	if (UE_GET_XFERTYPE(endpoint->bmAttributes) != UE_ISOCHRONOUS) {
		for (waited = UGENHC_POLL;; waited += UGENHC_POLL) {
			if (UE_GET_DIR(endpoint->bEndpointAddress) == UE_DIR_IN) {
				rumpcomp_ugenhc_ioctl(file, USB_SET_SHORT_XFER, &may_be_short,
				    &error);
				error = rumpuser_iovread(file, &piece, 1, RUMPUSER_IOV_NOSEEK,
				    &done);
			} else {
				error = rumpuser_iovwrite(file, &piece, 1, RUMPUSER_IOV_NOSEEK,
				    &done);
			}
			if (error != ETIMEDOUT || (xfer->ux_hcflags & UXFER_ABORTING) != 0)
				break;
			if (xfer->ux_timeout != USBD_NO_TIMEOUT && waited >= xfer->ux_timeout)
				break;
		}
	}
	mutex_enter(&sc->sc_lock);
	if ((xfer->ux_hcflags & UXFER_ABORTING) != 0) {
		/* From here on it is the aborting thread's. */
		xfer->ux_hcflags = 0;
		cv_broadcast(&xfer->ux_hccv);
	} else {
		xfer->ux_hcflags = 0;
		ugenhc_complete(xfer, error, error == 0 ? done : 0);
	}
	mutex_exit(&sc->sc_lock);
}

static void
ugenhc_thread(void *xfer)
{
	ugenhc_carry(xfer);
	kthread_exit(0);
}

static usbd_status
rumpusb_device_bulk_start(struct usbd_xfer *xfer)
{
	struct ugenhc_softc *sc = UGENHC_XFER2SC(xfer);

	mutex_enter(&sc->sc_lock);
	xfer->ux_hcflags = UGENHC_STARTED;
	mutex_exit(&sc->sc_lock);
	if (!rump_threads ||
	    kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ugenhc_thread, xfer, NULL, "ugenxfer") != 0)
		ugenhc_carry(xfer);
	return USBD_IN_PROGRESS;
}

static usbd_status
rumpusb_device_bulk_transfer(struct usbd_xfer *xfer)
{
	struct ugenhc_softc *sc = UGENHC_XFER2SC(xfer);
	usbd_status status;

	mutex_enter(&sc->sc_lock);
	status = usb_insert_transfer(xfer);
	mutex_exit(&sc->sc_lock);
	return status != USBD_NORMAL_COMPLETION ? status : rumpusb_device_bulk_start(xfer);
}

static void
rumpusb_device_bulk_abort(struct usbd_xfer *xfer)
{
	if ((xfer->ux_hcflags & UGENHC_STARTED) != 0) {
		xfer->ux_hcflags |= UXFER_ABORTING;
		while ((xfer->ux_hcflags & UXFER_ABORTING) != 0)
			cv_wait(&xfer->ux_hccv, xfer->ux_bus->ub_lock);
	}
	xfer->ux_actlen = 0;
	xfer->ux_status = USBD_CANCELLED;
	usb_transfer_complete(xfer);
}

static void
rumpusb_device_bulk_close(struct usbd_pipe *pipe)
{
	struct ugenhc_softc *sc = UGENHC_PIPE2SC(pipe);
	int number = UE_GET_ADDR(pipe->up_endpoint->ue_edesc->bEndpointAddress);
	struct usbd_xfer *xfer;

	while ((xfer = SIMPLEQ_FIRST(&pipe->up_queue)) != NULL)
		rumpusb_device_bulk_abort(xfer);
	rumpuser_close(sc->sc_ugenfd[number]);
	sc->sc_ugenfd[number] = -1;
	sc->sc_fdmodes[number] = -1;
}
#endif
