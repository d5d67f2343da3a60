/*
 * Compiled before sys/rump/net/lib/libsockin/sockin.c, of which the domains, bind(2) and the asking for
 * addresses stay. The rest is replaced. The snapshots' close no socket of the host's, use sockets
 * after they are freed, panic when UDP connects twice, shut both directions down when one is meant,
 * know neither getsockopt(2) nor errors of sending, hold the lock of all sockets while a connection
 * is made or a buffer is full, and spin on sockets that are not connected.
 *
 * Here the host's sockets never block. What cannot be sent yet stays in the socket's send buffer. One
 * thread waits for the host, moves what can be moved, and changes the states of sockets. Everything
 * is under softnet_lock. Besides the hypercalls that sockin.c declares there are three.
 *
 * The oldest snapshots pass addresses in another way, and keep what they have.
 */
#include <sys/param.h>

#if __NetBSD_Version__ >= 799001700

#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/domain.h>
#include <sys/kernel.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/mbuf.h>
#include <sys/mutex.h>
#include <sys/poll.h>
#include <sys/proc.h>
#include <sys/protosw.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/socketvar.h>

#include <net/bpf.h>
#include <net/if.h>
#include <netinet/in.h>

#include <rump/rumpuser.h>

int rumpcomp_sockin_socket(int, int, int, int *);
int rumpcomp_sockin_sendmsg(int, const struct msghdr *, int, size_t *);
int rumpcomp_sockin_recvmsg(int, struct msghdr *, int, size_t *);
int rumpcomp_sockin_connect(int, const struct sockaddr *, int);
int rumpcomp_sockin_accept(int, struct sockaddr *, int *, int *);
int rumpcomp_sockin_setsockopt(int, int, int, const void *, int);
int rumpcomp_sockin_poll(struct pollfd *, int, int, int *);
/* An option that is an int. */
int rumpcomp_sockin_getsockopt(int, int, int, int *);
int rumpcomp_sockin_shutdown(int, int);
/* Ends the poll in progress, or else the next. */
void rumpcomp_sockin_wake(void);

/* Of a socket's buffers, and the longest datagram, in bytes. */
#define SOCKIN_ROOM 65536
/* How many pieces are sent at once. */
#define SOCKIN_PIECES 64
/* How long data may be stuck before a close gives it up, in seconds. */
#define SOCKIN_PATIENCE 5
/* Nothing depends on it, in milliseconds. */
#define SOCKIN_TICK 10000

/* The host's end of a socket. */
struct sockin_end {
	struct socket *so;
	int fd;
	/* It is not read, because there is no room. */
	bool starved;
	/* The host knows that nothing more will be sent. */
	bool shut;
	/* From where it was connected. */
	struct sockaddr_in6 peer;
	LIST_ENTRY(sockin_end) others;
};

static LIST_HEAD(, sockin_end) sockin_ends = LIST_HEAD_INITIALIZER(sockin_ends);
static int sockin_count;
/* The host's socket for the next one to be attached, -1 for a new one. */
static int sockin_accepted = -1;
/* The worker's. */
static uint8_t *sockin_buffer;
static struct ifnet sockin_if;

static int theirs_listen(struct socket *, struct lwp *);
static int theirs_peeraddr(struct socket *, struct sockaddr *);
static int theirs_sockaddr(struct socket *, struct sockaddr *);

static int
sockin_attach(struct socket *so, int protocol)
{
	int type = so->so_proto->pr_type;
	int size = SOCKIN_ROOM, fd = sockin_accepted, error;
	struct sockin_end *end;

	sosetlock(so);
	if (so->so_snd.sb_hiwat == 0 || so->so_rcv.sb_hiwat == 0) {
		error = soreserve(so, SOCKIN_ROOM, SOCKIN_ROOM);
		if (error)
			return error;
	}
	if (fd == -1) {
		error = rumpcomp_sockin_socket(so->so_proto->pr_domain->dom_family,
		    type | SOCK_NONBLOCK, 0, &fd);
		if (error)
			return error;
		if (type == SOCK_DGRAM) {
			/* A host that does not let us has its reasons. */
			rumpcomp_sockin_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
			rumpcomp_sockin_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		}
	}
	end = kmem_zalloc(sizeof(*end), KM_SLEEP);
	end->so = so;
	end->fd = fd;
	so->so_pcb = end;
	/* Where theirs look for it. */
	so->so_internal = (void *)(intptr_t)fd;
	LIST_INSERT_HEAD(&sockin_ends, end, others);
	sockin_count++;
	rumpcomp_sockin_wake();
	return 0;
}

static void
sockin_detach(struct socket *so)
{
	struct sockin_end *end = so->so_pcb;

	LIST_REMOVE(end, others);
	sockin_count--;
	so->so_pcb = NULL;
	rumpuser_close(end->fd);
	/* The host keeps a socket for as long as somebody waits for it. */
	rumpcomp_sockin_wake();
	kmem_free(end, sizeof(*end));
}

static int
sockin_abort(struct socket *so)
{

	sockin_detach(so);
	return 0;
}

/* Hands the host what waits to be sent, as much as it takes. */
static int
sockin_push(struct sockin_end *end)
{
	struct socket *so = end->so;
	struct iovec pieces[SOCKIN_PIECES];
	struct msghdr message;
	struct mbuf *m;
	size_t sent;
	int count, error;

	while (so->so_snd.sb_cc > 0) {
		for (count = 0, m = so->so_snd.sb_mb; m && count < SOCKIN_PIECES; m = m->m_next) {
			pieces[count].iov_base = mtod(m, void *);
			pieces[count++].iov_len = m->m_len;
		}
		memset(&message, 0, sizeof(message));
		message.msg_iov = pieces;
		message.msg_iovlen = count;
		error = rumpcomp_sockin_sendmsg(end->fd, &message, MSG_DONTWAIT, &sent);
		if (error == EAGAIN || error == EINTR)
			return 0;
		if (error)
			return error;
		sbdrop(&so->so_snd, sent);
	}
	if ((so->so_state & SS_CANTSENDMORE) && !end->shut) {
		end->shut = true;
		rumpcomp_sockin_shutdown(end->fd, SHUT_WR);
	}
	return 0;
}

static int
sockin_send_datagram(struct sockin_end *end, struct mbuf *m, struct sockaddr *to)
{
	struct msghdr message;
	struct iovec *pieces;
	struct mbuf *piece;
	size_t sent;
	int count = 0, error;

	for (piece = m; piece; piece = piece->m_next)
		count++;
	pieces = kmem_alloc(count * sizeof(*pieces), KM_SLEEP);
	memset(&message, 0, sizeof(message));
	message.msg_iov = pieces;
	for (piece = m; piece; piece = piece->m_next) {
		pieces[message.msg_iovlen].iov_base = mtod(piece, void *);
		pieces[message.msg_iovlen++].iov_len = piece->m_len;
	}
	if (to) {
		message.msg_name = to;
		message.msg_namelen = to->sa_len;
	}
	error = rumpcomp_sockin_sendmsg(end->fd, &message, MSG_DONTWAIT, &sent);
	kmem_free(pieces, count * sizeof(*pieces));
	/* Where the kernel's own protocols have no room they say this. */
	return error == EAGAIN ? ENOBUFS : error;
}

static int
sockin_send(struct socket *so, struct mbuf *m, struct sockaddr *to, struct mbuf *control,
    struct lwp *l)
{
	struct sockin_end *end = so->so_pcb;
	bool unknown = control != NULL && control->m_len > 0;
	int error;

	m_freem(control);
	if (unknown) {
		m_freem(m);
		return EINVAL;
	}
	bpf_mtap_af(&sockin_if, AF_UNSPEC, m);
	if (so->so_type != SOCK_STREAM) {
		error = sockin_send_datagram(end, m, to);
		m_freem(m);
		return error;
	}
	sbappendstream(&so->so_snd, m);
	error = sockin_push(end);
	if (so->so_snd.sb_cc > 0)
		rumpcomp_sockin_wake();
	return error;
}

static int
sockin_sendoob(struct socket *so, struct mbuf *m, struct mbuf *control)
{

	m_freem(m);
	m_freem(control);
	return EOPNOTSUPP;
}

static int
sockin_recvoob(struct socket *so, struct mbuf *m, int flags)
{

	return EOPNOTSUPP;
}

static int
sockin_rcvd(struct socket *so, int flags, struct lwp *l)
{
	struct sockin_end *end = so->so_pcb;

	if (end->starved) {
		end->starved = false;
		rumpcomp_sockin_wake();
	}
	return 0;
}

static int
sockin_listen(struct socket *so, struct lwp *l)
{
	int error = theirs_listen(so, l);

	rumpcomp_sockin_wake();
	return error;
}

static int
sockin_connect(struct socket *so, struct sockaddr *to, struct lwp *l)
{
	struct sockin_end *end = so->so_pcb;
	int error = rumpcomp_sockin_connect(end->fd, to, to->sa_len);

	if (error == EINPROGRESS) {
		soisconnecting(so);
		error = 0;
	} else if (error == 0)
		soisconnected(so);
	rumpcomp_sockin_wake();
	return error;
}

static int
sockin_connect2(struct socket *so, struct socket *other)
{

	return EOPNOTSUPP;
}

/* Of a stream only when it is closed: waits until the host has what was to be sent. */
static int
sockin_disconnect(struct socket *so)
{
	u_int left;
	int error = 0;

	if (so->so_type == SOCK_STREAM) {
		soisdisconnecting(so);
		while ((left = so->so_snd.sb_cc) > 0 && (so->so_state & SS_ISCONNECTED)) {
			error = cv_timedwait(&so->so_cv, so->so_lock, SOCKIN_PATIENCE * hz);
			if (error && so->so_snd.sb_cc == left)
				break;
		}
	}
	so->so_state &= ~(SS_ISCONNECTED | SS_ISDISCONNECTING);
	return 0;
}

static int
sockin_shutdown(struct socket *so)
{
	struct sockin_end *end = so->so_pcb;
	int error;

	if (so->so_options & SO_ACCEPTCONN) {
		/* Not every host can; then those who connect learn it when the socket is closed. */
		rumpcomp_sockin_shutdown(end->fd, SHUT_RD);
		return 0;
	}
	if ((so->so_state & SS_ISCONNECTED) == 0)
		return ENOTCONN;
	socantsendmore(so);
	error = sockin_push(end);
	rumpcomp_sockin_wake();
	return error;
}

static int
sockin_accept(struct socket *so, struct sockaddr *peer)
{
	struct sockin_end *end = so->so_pcb;

	memcpy(peer, &end->peer, end->peer.sin6_len);
	/* The queue has room again. */
	rumpcomp_sockin_wake();
	return 0;
}

static int
sockin_peeraddr(struct socket *so, struct sockaddr *name)
{

	name->sa_len = sizeof(struct sockaddr_in6);
	return theirs_peeraddr(so, name);
}

static int
sockin_sockaddr(struct socket *so, struct sockaddr *name)
{

	name->sa_len = sizeof(struct sockaddr_in6);
	return theirs_sockaddr(so, name);
}

static int
sockin_purgeif(struct socket *so, struct ifnet *ifp)
{

	return 0;
}

static int
sockin_ctloutput(int operation, struct socket *so, struct sockopt *option)
{
	struct sockin_end *end = so->so_pcb;
	int error, value;

	if (operation == PRCO_SETOPT)
		return rumpcomp_sockin_setsockopt(end->fd, option->sopt_level, option->sopt_name,
		    option->sopt_data, option->sopt_size);
	error = rumpcomp_sockin_getsockopt(end->fd, option->sopt_level, option->sopt_name, &value);
	return error ? error : sockopt_setint(option, value);
}
