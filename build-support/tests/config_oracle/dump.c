/* Prints the tables of an ioconf.c called NAME. The test writes attachments.h and lengths.h. */
#include <stdio.h>
#include <string.h>

#include "ioconf.c"

#include "attachments.h"

static const struct {
	const char *interface;
	int count;
} lengths[] = {
#include "lengths.h"
	{ NULL, 0 }
};

#define PASTE(prefix, name) prefix##name
#define NAMED(prefix, name) PASTE(prefix, name)

static const char *
string(const char *s)
{

	return s != NULL ? s : "(null)";
}

static int
length(const char *interface)
{
	int i;

	for (i = 0; lengths[i].interface != NULL; i++)
		if (strcmp(lengths[i].interface, interface) == 0)
			return lengths[i].count;
	return 0;
}

int
main(void)
{
	struct cfdriver * const *driver = NAMED(cfdriver_ioconf_, NAME);
	const struct cfattachinit *init = NAMED(cfattach_ioconf_, NAME);
	const struct cfdata *data = NAMED(cfdata_ioconf_, NAME);
	const struct cfiattrdata * const *interface;
	struct cfattach * const *attachment;
	int i;

	for (; *driver != NULL; driver++) {
		printf("driver %s %s\n", (*driver)->name, (*driver)->class);
		interface = (*driver)->interfaces;
		for (; interface != NULL && *interface != NULL; interface++) {
			printf("  interface %s %d\n", (*interface)->name, (*interface)->count);
			for (i = 0; i < (*interface)->count; i++)
				printf("    locator %s %s %d\n",
				    string((*interface)->locators[i].name),
				    string((*interface)->locators[i].default_string),
				    (*interface)->locators[i].default_value);
		}
	}
	for (; init->driver != NULL; init++) {
		printf("attachments of %s\n", init->driver);
		for (attachment = init->attachments; *attachment != NULL; attachment++)
			printf("  %s\n", (*attachment)->name);
	}
	for (; data->driver != NULL; data++) {
		printf("%s %s unit %d state %d flags %#x", data->driver, data->attachment,
		    data->unit, data->state, (unsigned int)data->flags);
		if (data->parent != NULL) {
			printf(" at %s %s %d", data->parent->interface,
			    string(data->parent->device), data->parent->unit);
			for (i = 0; i < length(data->parent->interface); i++)
				printf(" %d", data->locators[i]);
		}
		printf("\n");
	}
	return 0;
}
