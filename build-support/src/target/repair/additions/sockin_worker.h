
/*
 * The other half: the thread that waits for the host. It follows sockin.h, in which the condition on the
 * snapshot begins.
 */
static void
sockin_fail(struct socket *so, int error)
{

	so->so_error = error;
	if (so->so_type == SOCK_STREAM)
		soisdisconnected(so);
	else {
		sorwakeup(so);
		sowwakeup(so);
	}
}

/* What the worker waits for, as events of poll(2). */
static short
sockin_wanted(struct sockin_end *end)
{
	struct socket *so = end->so;
	short events = 0;

	end->starved = false;
	if (so->so_options & SO_ACCEPTCONN) {
		bool full = so->so_qlen > 0 && so->so_qlen >= so->so_qlimit;

		return full || so->so_error || (so->so_state & SS_CANTRCVMORE) ? 0 : POLLIN;
	}
	if (so->so_state & SS_ISCONNECTING)
		return POLLOUT;
	if (so->so_type == SOCK_STREAM && (so->so_state & SS_ISCONNECTED) == 0)
		return 0;
	if (so->so_snd.sb_cc > 0)
		events |= POLLOUT;
	if ((so->so_state & SS_CANTRCVMORE) == 0) {
		if (so->so_type != SOCK_STREAM || sbspace(&so->so_rcv) > 0)
			events |= POLLIN;
		else
			end->starved = true;
	}
	return events;
}

static void
sockin_take(struct sockin_end *end)
{
	struct sockaddr_in6 peer;
	struct socket *so;
	int length = sizeof(peer), fd, error;

	error = rumpcomp_sockin_accept(end->fd, (struct sockaddr *)&peer, &length, &fd);
	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return;
	if (error) {
		/* Too many files are open, say. */
		end->so->so_error = error;
		sorwakeup(end->so);
		cv_broadcast(&end->so->so_cv);
		return;
	}
	sockin_accepted = fd;
	so = sonewconn(end->so, true);
	sockin_accepted = -1;
	if (so)
		((struct sockin_end *)so->so_pcb)->peer = peer;
	else
		rumpuser_close(fd);
}

static void
sockin_established(struct sockin_end *end)
{
	struct sockaddr_in6 peer;
	int error, value;

	error = rumpcomp_sockin_getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &value);
	if (error == 0)
		error = value;
	if (error)
		sockin_fail(end->so, error);
	else if (sockin_peeraddr(end->so, (struct sockaddr *)&peer) == 0)
		soisconnected(end->so);
}

static struct mbuf *
sockin_mbufs(const uint8_t *bytes, int count)
{
	struct mbuf *first = m_gethdr(M_WAIT, MT_DATA), *m = first;
	int room = MHLEN;

	first->m_pkthdr.len = count;
	for (;;) {
		if (count > room) {
			MCLGET(m, M_WAIT);
			if (m->m_flags & M_EXT)
				room = MCLBYTES;
		}
		m->m_len = MIN(count, room);
		memcpy(mtod(m, void *), bytes, m->m_len);
		bytes += m->m_len;
		count -= m->m_len;
		if (count == 0)
			return first;
		m = m->m_next = m_get(M_WAIT, MT_DATA);
		room = MLEN;
	}
}

static void
sockin_fill(struct sockin_end *end)
{
	struct socket *so = end->so;
	bool stream = so->so_type == SOCK_STREAM;
	struct sockaddr_in6 from;
	struct msghdr message;
	struct iovec piece;
	struct mbuf *m;
	size_t count;
	int error;

	piece.iov_base = sockin_buffer;
	piece.iov_len = stream ? MIN(sbspace(&so->so_rcv), SOCKIN_ROOM) : SOCKIN_ROOM;
	memset(&message, 0, sizeof(message));
	message.msg_iov = &piece;
	message.msg_iovlen = 1;
	if (!stream) {
		message.msg_name = &from;
		message.msg_namelen = sizeof(from);
	}
	error = rumpcomp_sockin_recvmsg(end->fd, &message, MSG_DONTWAIT, &count);
	if (error == EAGAIN || error == EINTR)
		return;
	if (error) {
		sockin_fail(so, error);
		return;
	}
	if (stream && count == 0) {
		socantrcvmore(so);
		return;
	}
	m = sockin_mbufs(sockin_buffer, count);
	bpf_mtap_af(&sockin_if, AF_UNSPEC, m);
	if (stream)
		sbappendstream(&so->so_rcv, m);
	else if (!sbappendaddr(&so->so_rcv, (struct sockaddr *)&from, m, NULL))
		/* As with UDP: what nobody takes in time is lost. */
		m_freem(m);
	sorwakeup(so);
}

/* The host says that something can be done; that may have been for a socket of the same number. */
static void
sockin_ready(int fd)
{
	struct sockin_end *end;
	short wanted;
	int error;

	LIST_FOREACH(end, &sockin_ends, others)
		if (end->fd == fd)
			break;
	if (end == NULL)
		return;
	wanted = sockin_wanted(end);
	if (end->so->so_options & SO_ACCEPTCONN) {
		if (wanted)
			sockin_take(end);
		return;
	}
	if (end->so->so_state & SS_ISCONNECTING) {
		sockin_established(end);
		return;
	}
	if (wanted & POLLOUT) {
		error = sockin_push(end);
		if (error)
			sockin_fail(end->so, error);
		sowwakeup(end->so);
		cv_broadcast(&end->so->so_cv);
	}
	if ((wanted & POLLIN) && !(end->so->so_state & SS_CANTRCVMORE))
		sockin_fill(end);
}

static void
sockinworker(void *cookie)
{
	struct pollfd *polled = NULL;
	struct sockin_end *end;
	int room = 0, count, index, ready, error;

	sockin_buffer = kmem_alloc(SOCKIN_ROOM, KM_SLEEP);
	for (;;) {
		mutex_enter(softnet_lock);
		if (sockin_count > room) {
			if (polled)
				kmem_free(polled, room * sizeof(*polled));
			room = 2 * sockin_count;
			polled = kmem_alloc(room * sizeof(*polled), KM_SLEEP);
		}
		count = 0;
		LIST_FOREACH(end, &sockin_ends, others) {
			short events = sockin_wanted(end);

			if (events == 0)
				continue;
			polled[count].fd = end->fd;
			polled[count].events = events;
			polled[count++].revents = 0;
		}
		mutex_exit(softnet_lock);
		error = rumpcomp_sockin_poll(polled, count, SOCKIN_TICK, &ready);
		if (error) {
			kpause("sockin", false, MAX(1, hz / 10), NULL);
			continue;
		}
		mutex_enter(softnet_lock);
		for (index = 0; index < count && ready > 0; index++)
			if (polled[index].revents) {
				ready--;
				sockin_ready(polled[index].fd);
			}
		mutex_exit(softnet_lock);
	}
}

/* Where theirs define or declare these, arguments follow; in their tables none do. */
#define sockin_attach(...) theirs_attach(__VA_ARGS__)
#define sockin_detach(...) theirs_detach(__VA_ARGS__)
#define sockin_accept(...) theirs_accept(__VA_ARGS__)
#define sockin_connect2(...) theirs_connect2(__VA_ARGS__)
#define sockin_listen(...) theirs_listen(__VA_ARGS__)
#define sockin_connect(...) theirs_connect(__VA_ARGS__)
#define sockin_disconnect(...) theirs_disconnect(__VA_ARGS__)
#define sockin_shutdown(...) theirs_shutdown(__VA_ARGS__)
#define sockin_abort(...) theirs_abort(__VA_ARGS__)
#define sockin_peeraddr(...) theirs_peeraddr(__VA_ARGS__)
#define sockin_sockaddr(...) theirs_sockaddr(__VA_ARGS__)
#define sockin_rcvd(...) theirs_rcvd(__VA_ARGS__)
#define sockin_recvoob(...) theirs_recvoob(__VA_ARGS__)
#define sockin_send(...) theirs_send(__VA_ARGS__)
#define sockin_sendoob(...) theirs_sendoob(__VA_ARGS__)
#define sockin_purgeif(...) theirs_purgeif(__VA_ARGS__)
#define sockin_ctloutput(...) theirs_ctloutput(__VA_ARGS__)
#define sockinworker(...) theirs_worker(__VA_ARGS__)

#endif
