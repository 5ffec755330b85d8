# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154,SC2034 # names from and for others
# Small file systems of a test's own, in a mount namespace of its own: nothing
# of it outlives the test. Sourced behind storm.sh.

own_mounts || skip_all 'file systems: not root, or no mount namespace to be had'
trap 'drop_disks; clean_up' EXIT

drop_disks() {
	while read -r _ at _; do
		case $at in
		"$T"/*) umount -l "$at" ;;
		esac
	done </proc/mounts
}

# disk MIB FILES DIR - make an ext4 with a journal, and mount it there; what is
# in DIR is put on it. Its image is DIR.image.
disk() {
	truncate -s "${1}M" "$3.image"
	mke2fs -q -t ext4 -J size=4 -N "$2" -m 0 -F "$3.image" || return
	mkdir -p "$3"
	mount_disk "$3"
}

mount_disk() { mount -o loop,noatime "$1.image" "$1"; }

# quickstart_disk PIPELINE/PART MIB FILES - for that part of a pipeline to be
quickstart_disk() {
	mkdir -p "$T/${1%/*}"
	: >"$T/${1%/*}/quickstart.lock"	# else it would not be taken
	ok "a file system for ${1#*/}" disk "$2" "$3" "$T/$1"
}

# fill DIR - nothing more can be written there, also after what was being
# deleted is gone; drain DIR undoes it
fill() {
	kib=$(df --output=avail "$1" | tail -n 1)
	fallocate -l "$((kib * 9 / 10))k" "$1/filler"
	for _ in 1 2 3 4 5; do
		dd if=/dev/zero of="$1/filler" bs=64k oflag=append conv=notrunc
		dd if=/dev/zero of="$1/filler" bs=1k oflag=append conv=notrunc
		sync -f "$1"
		sleep 0.2
	done 2>/dev/null
	[ "$(df --output=avail "$1" | tail -n 1)" -lt 1024 ]
}

# fill_files DIR - no file more can be made there
fill_files() {
	mkdir -p "$1/filler.d"
	for round in 1 2 3 4 5; do
		perl -e 'for ($i = 0; open F, ">", "$ARGV[0].$i"; $i++) {}
		    exit !$!{ENOSPC}' "$1/filler.d/$round" || return
		sleep 0.2
	done
	[ "$(df --output=iavail "$1" | tail -n 1)" -lt 4 ]
}

drain() { rm -rf "$1/filler" "$1/filler.d"; }
