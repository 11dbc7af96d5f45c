#!/bin/sh
# Stands in for a worker. The name of the link that it is run by says how it behaves.
case ${0##*/} in
watched)
    # The reader of the pipe learns the process's number, and by the pipe's end that it has ended.
    exec 9>"${0%/*}/pipe"
    echo $$ >&9
    exec "${0%/*}/formix" "$@"
    ;;
other_version) printf '\011\000\000\000' ;;
endless) printf '\001\000\000\000\377\377\377\377\000\000\000\000' ;;
garbled) printf '\001\000\000\000\001\000\000\000\000\000\000\000\011' ;;
many) printf '\001\000\000\000\007\000\000\000\000\000\000\000\000\001\002\001\002\001\002' ;;
half) printf '\001\000\000\000\002\000\000\000\000\000\000\000\000' ;;
killed) kill -KILL $$ ;;
busy) kill -XCPU $$ ;;
full) kill -ABRT $$ ;;
esac
