#!/bin/sh
# Stands between a pod and whichever agent is alive: runs the pod's command and
# notes its exit code. It leads the pod's session and process group; what is sent
# to the group must not end it, so that the last word is always written.
#
# pod-shim.sh EXIT_FILE COMMAND [ARGUMENT...]
exit_file=$1
shift
trap : HUP INT TERM
# What the shell itself has to say of the end ("Terminated") is not the pod's word.
exec 3>&2 2>/dev/null
(exec "$@") 2>&3 3>&-
echo $? >"$exit_file"
