# SPDX-License-Identifier: ISC
# page.awk -v section=NAME [-v block=N] PAGE - the literal blocks in one section
# of a manual page, or the one with this number, as a shell would get them
/^\.Sh / { here = substr($0, 5) == section; shown = n = 0; next }
here && /^\.Bd -literal/ { shown = !block || ++n == block; next }
/^\.Ed/ { shown = 0 }
here && shown { gsub(/\\e/, "\\"); sub(/^\\&/, ""); print }
