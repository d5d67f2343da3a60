#!/bin/sh
echo "not run, only listed"
