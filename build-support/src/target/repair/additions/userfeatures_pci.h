/*
 * What NetBSD leaves to the embedder of a PCI bus to say: which of the hypercalls rumpcomp_pci_* there
 * are. Here there are all; see component/pci in rumpuser-posix.
 */
#define RUMPCOMP_USERFEATURE_PCI_DMAFREE
#define RUMPCOMP_USERFEATURE_PCI_IOSPACE
