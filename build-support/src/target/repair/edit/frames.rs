//! Frames that end the kernel that takes them in.
//!
//! Whoever is on the wire can send them. Mostly a packet is freed twice, after which two owners
//! have one mbuf, and the kernel dies, or runs in a circle, wherever it meets that next. Test:
//! `kernel`, `links::hostile`; `damaged-frames` looks for more.

use super::Rule;

const ETHERNET: &str = "sys/net/if_ethersubr.c";
const MPLS: &str = "sys/net/if_mpls.c";

pub(super) const RULES: &[Rule] = &[
    // Options that were answered with an error, or have sent the packet on, have freed it.
    Rule {
        source: "sys/netinet/ip_input.c",
        function: "ip_input",
        find: "if (hlen > sizeof (struct ip) && ip_dooptions(m))",
        by: "if (hlen > sizeof (struct ip) && ip_dooptions(m)) m = NULL; if (m == NULL)",
        since: None,
    },
    // Recorded options may be more than a header has room for, with a route that goes back.
    Rule {
        source: "sys/netinet/ip_icmp.c",
        function: "icmp_reflect",
        find: "opt == IPOPT_SECURITY) {",
        by: "opt == IPOPT_SECURITY) \
             if (opts->m_len + len <= MAX_IPOPTLEN + sizeof(struct in_addr)) {",
        since: None,
    },
    // Lengths of addresses that are not those of Ethernet: the answer is filled with what lies
    // behind the kernel's own addresses.
    Rule {
        source: "sys/netinet/if_arp.c",
        function: "in_arpinput",
        find: "op = ntohs(ah->ar_op);",
        by: "if (ah->ar_hln != ETHER_ADDR_LEN || ah->ar_pln != sizeof(struct in_addr)) { \
             m_freem(m); return; } op = ntohs(ah->ar_op);",
        since: None,
    },
    // A slow protocol without its first byte.
    Rule {
        source: ETHERNET,
        function: "ether_input",
        find: "uint8_t subtype;",
        by: "uint8_t subtype; \
             if (m->m_pkthdr.len < sizeof(*eh) + sizeof(subtype)) { m_freem(m); return; }",
        since: None,
    },
    // PPP over Ethernet without the component for it, in whose place a panic is called.
    Rule {
        source: ETHERNET,
        function: "ether_input",
        find: "pppoedisc_input(ifp, m);",
        by: "{ extern int rumpnet_stub(void); \
             void (*volatile input)(struct ifnet *, struct mbuf *) = pppoedisc_input; \
             if ((void *)input == (void *)rumpnet_stub) m_freem(m); else input(ifp, m); }",
        since: Some("2016-05-17a"),
    },
    Rule {
        source: ETHERNET,
        function: "ether_input",
        find: "pppoe_input(ifp, m);",
        by: "{ extern int rumpnet_stub(void); \
             void (*volatile input)(struct ifnet *, struct mbuf *) = pppoe_input; \
             if ((void *)input == (void *)rumpnet_stub) m_freem(m); else input(ifp, m); }",
        since: Some("2016-05-17a"),
    },
    // More pieces than the driver hands on, as a packet has that came in many fragments and is
    // sent back.
    Rule {
        source: "sys/rump/net/lib/libvirtif/if_virt.c",
        function: "virtif_start",
        find: "m = m0;",
        by: "for (i = 0, m = m0; m; m = m->m_next) i++; \
             if (i > LB_SH) { \
             if ((m = m_defrag(m0, M_DONTWAIT)) == NULL) { \
             m_freem(m0); ifp->if_oerrors++; continue; } \
             m0 = m; } \
             m = m0;",
        since: None,
    },
    // An advertisement for an address that no neighbour can have is never freed.
    Rule {
        source: "sys/netinet6/nd6_nbr.c",
        function: "nd6_na_input",
        find: "return;\t\t/* XXX: impossible */",
        by: "{ m_freem(m); return; }",
        since: None,
    },
    // A solicitation that is too long to be looked at keeps its interface for ever.
    Rule {
        source: "sys/netinet6/nd6_rtr.c",
        function: "nd6_rs_input",
        find: "ifp = m_get_rcvif_psref(m, &psref);",
        by: "if (icmp6len > MCLBYTES) { m_freem(m); return; } \
             ifp = m_get_rcvif_psref(m, &psref);",
        since: Some("2016-08-02"),
    },
    // Headers are walked through as if all were in the first mbuf, and a byte is written where
    // that leads to.
    Rule {
        source: "sys/netinet6/frag6.c",
        function: "frag6_input",
        find: "u_int8_t *prvnxtp = ip6_get_prevhdr(m, offset);",
        by: "u_int8_t *prvnxtp = &q6->ip6q_nxt; \
             if (m->m_len >= offset || m_ensure_contig(&m, offset)) \
             prvnxtp = ip6_get_prevhdr(m, offset); else nxt = IPPROTO_NONE;",
        since: None,
    },
    Rule {
        source: "sys/netinet6/raw_ip6.c",
        function: "rip6_input",
        find: "u_int8_t *prvnxtp = ip6_get_prevhdr(m, *offp);",
        by: "u_int8_t *prvnxtp = m->m_len >= *offp || m_ensure_contig(&m, *offp) \
             ? ip6_get_prevhdr(m, *offp) : mtod(m, u_int8_t *);",
        since: None,
    },
    // An error about a tunnelled packet, of whose tunnel nobody knows.
    Rule {
        source: "sys/netinet/ip_encap.c",
        function: "encap6_ctlinput",
        find: "psref_release(&elem_psref, &match->psref,",
        by: "if (match) psref_release(&elem_psref, &match->psref,",
        since: Some("2016-08-02"),
    },
    // Taking the label away frees the packet where it fails.
    Rule {
        source: MPLS,
        function: "mpls_lse",
        find: "error = mpls_unlabel_inet(m);",
        by: "{ error = mpls_unlabel_inet(m); m = NULL; }",
        since: None,
    },
    Rule {
        source: MPLS,
        function: "mpls_lse",
        find: "error = mpls_unlabel_inet6(m);",
        by: "{ error = mpls_unlabel_inet6(m); m = NULL; }",
        since: None,
    },
    // The label is read after the mbuf that it was in may have been freed.
    Rule {
        source: MPLS,
        function: "mpls_unlabel_inet",
        find: "ms = mtod(m, union mpls_shim *);",
        by: "union mpls_shim top = *mtod(m, union mpls_shim *); ms = &top;",
        since: None,
    },
    // Checking a packet's header may move it, and the caller goes on with where it was.
    Rule {
        source: "sys/netmpls/mpls_ttl.c",
        function: "mpls_ttl_dec",
        find: "if (ip4_check(m) == true)",
        by: "if ((m = m_pullup(m, min(m->m_pkthdr.len, 60))) != NULL && ip4_check(m) == true)",
        since: None,
    },
];
