#!/bin/sh
# Stands between a pod and whichever agent is alive: runs the pod's command and
# notes its exit code. It leads the pod's session and process group; what is sent
# to the group must not end it, so that the last word is always written.
#
# pod-shim.sh EXIT_FILE COMMAND [ARGUMENT...]
exit_file=$1
shift
trap : HUP INT TERM
"$@"
echo $? >"$exit_file"
