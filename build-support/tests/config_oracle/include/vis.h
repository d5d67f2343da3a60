/* config(1) logs what it reads; here the log is thrown away. */
#define VIS_TAB 0

int strvis(char *, const char *, int);
int strunvis(char *, const char *);
