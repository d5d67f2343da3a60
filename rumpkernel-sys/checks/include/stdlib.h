/* Asked for by a header of a file system for its user-space tools; nothing of it is used. */
