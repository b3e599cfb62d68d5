#!/bin/sh
# Stays with one pod for as long as it lives, whatever becomes of the agent:
# starts its sandbox, keeps how it ended, and takes away what the pod stood on.
#
#   pod-shim.sh FOLDER EXIT_FILE NETWORK GROUPS [CGROUP]... COMMAND [ARGUMENT]...
#
# FOLDER   the folder of the pod: sandbox.args, network.batch and, where there is
#          one, seccomp.bpf are read there, sandbox.json and, after a death for
#          want of memory, oom are written.
#          It may be renamed once the sandbox is there: one that was made before
#          its pod becomes the pod, and exit-file in it then names EXIT_FILE
# NETWORK  the name of its network namespace, or - for the node's own
# GROUPS   how many CGROUP folders follow
# File descriptor 3 is closed when the command has been started, after one byte;
# without that byte the command never was.

folder=$1
exit_file=$2
network=$3
groups=$4
shift 4

cd "$folder" || exit 125 # Wherever it is moved to.

# A terminal or a supervisor that signals everything must not cost us the exit code.
trap : HUP INT TERM

exec 6<&0 # What is started in the background would read nothing otherwise.
(
  trap - HUP INT TERM
  left=$groups
  while [ "$left" -gt 0 ]; do
    echo 0 > "$1/cgroup.procs" || exit 125
    shift
    left=$((left - 1))
  done
  filter= # Two words or none.
  if [ -f "$folder/seccomp.bpf" ]; then
    exec 7< "$folder/seccomp.bpf"
    filter='--seccomp 7'
  fi
  # shellcheck disable=SC2086
  if [ "$network" = - ]; then
    exec bwrap $filter --info-fd 5 --args 4 -- "$@" 4< "$folder/sandbox.args" 5> "$folder/sandbox.json"
  fi
  # shellcheck disable=SC2016
  exec nsenter "--net=/run/netns/$network" sh -c '
    folder=$1
    filter=$2
    shift 2
    ip -batch "$folder/network.batch" || exit 125
    exec bwrap $filter --info-fd 5 --args 4 -- "$@" 4< "$folder/sandbox.args" 5> "$folder/sandbox.json"
  ' sh "$folder" "$filter" "$@"
) <&6 6<&- &
sandbox=$!
exec 3>&- 6<&- < /dev/null
folder=.

wait "$sandbox"
code=$?
while kill -0 "$sandbox" 2> /dev/null; do # A signal interrupted the wait.
  wait "$sandbox"
  code=$?
done

# The command has ended. What it started dies with the first process of its namespace.
init=
if [ -f "$folder/sandbox.json" ]; then
  while read -r name value; do
    if [ "$name" = '"child-pid":' ]; then init=${value%,}; fi
  done < "$folder/sandbox.json"
fi
if [ -f "$folder/exit-file" ]; then read -r exit_file < "$folder/exit-file"; fi
tries=0
while [ -n "$init" ] && [ "$tries" -lt 500 ]; do
  { read -r _ comm state _ < "/proc/$init/stat"; } 2> /dev/null || break
  if [ "$comm" != '(bwrap)' ] || [ "$state" = Z ]; then break; fi
  kill -9 "$init" 2> /dev/null
  sleep 0.01
  tries=$((tries + 1))
done

oom=0 # How many of the pod's processes the kernel killed.
left=$groups
while [ "$left" -gt 0 ]; do
  for file in "$1/memory.oom_control" "$1/memory.events"; do
    if [ -f "$file" ]; then
      while read -r name value; do
        if [ "$name" = oom_kill ]; then oom=$value; fi
      done < "$file"
    fi
  done
  rmdir "$1" 2> /dev/null
  shift
  left=$((left - 1))
done
if [ "$network" != - ]; then ip netns del "$network" 2> /dev/null; fi

{
  if [ "$oom" != 0 ]; then echo "$oom" > "$folder/oom"; fi
  echo "$code" > "$exit_file" # The last word: whoever waits for it finds nothing else of the pod.
} 2> /dev/null
