/* The types of autoconf(9)'s tables, with classes and attachments as strings. */
#include <stddef.h>

#define DVUNIT_ANY (-1)

enum { FSTATE_NOTFOUND, FSTATE_FOUND, FSTATE_STAR };

struct cfiattrdata {
	const char *name;
	int count;
	struct {
		const char *name;
		const char *default_string;
		int default_value;
	} locators[];
};

struct cfdriver {
	const char *name;
	const char *class;
	const struct cfiattrdata * const *interfaces;
};

#define CFDRIVER_DECL(name, class, interfaces) \
	struct cfdriver name##_cd = { #name, #class, interfaces }

struct cfattach {
	const char *name;
};

struct cfattachinit {
	const char *driver;
	struct cfattach * const *attachments;
};

struct cfparent {
	const char *interface;
	const char *device;
	int unit;
};

struct cfdata {
	const char *driver;
	const char *attachment;
	short unit;
	short state;
	int *locators;
	int flags;
	const struct cfparent *parent;
};
