# SPDX-License-Identifier: ISC
# make            the six programs, in build/
# make check      unit tests, transcripts, purity: no root, no network
# make install    PREFIX=/usr/local DESTDIR=
# make deb        the Debian package, in build/deb/
# make static     the six programs, statically linked, in build/static/
# make sanitize   unit tests under ASan and UBSan
# make fuzz       every fuzz target, FUZZ_TIME=60 seconds each (clang);
#                 FUZZERS= names some of them
# make proof      the long form of the storms: kills, power cuts, full disks,
#                 damaged spools; every state that a crash may leave, every
#                 system call failing once (as root; some hours)
# make bench      the pipeline's speed beside that of bare file operations and,
#                 by BENCH=, of other mail servers (tests/bench/README)

B        ?= build
PREFIX   ?= /usr/local
VERSION  := 0.1
PROGRAMS := smtpd queue send local remote inject

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wmissing-prototypes \
	    -Wstrict-prototypes -Wformat=2 -Wundef
HARDEN   := -fstack-protector-strong -fPIE -fno-strict-aliasing \
	    $(if $(findstring -O,$(CFLAGS)),-D_FORTIFY_SOURCE=2)
LINK     := -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
PIE      := -pie
COMPILE   = $(CC) -std=gnu11 -I. -DMAILGRAVE_VERSION='"$(VERSION)"' \
	    $(WARNINGS) $(HARDEN) $(CFLAGS) $(CPPFLAGS) -MMD -MP

# What a program links states its powers: queue, send and local have neither
# TLS nor DNS (tests/links.sh). Unit tests of common/ link all of it.
LIBS        := -lskarnet -lseccomp -lpcre2-8
LIBS_smtpd  := -lcares -lssl -lcrypto -lcrypt
LIBS_remote := -lcares -lssl -lcrypto
LIBS_common := -lcares -lssl -lcrypto

objects = $(patsubst %.c,$(B)/%.o,$(sort $(wildcard $(1)/*.c)))
parts   = $(filter-out $(B)/$(1)/main.o,$(call objects,$(1)))
# prove reads TAP
export CMOCKA_MESSAGE_OUTPUT = TAP

# tests/fuzz_NAME.c is a fuzz target, tests/corpus/NAME/ what it starts from;
# NAME may begin with a program and "_": then it is linked with what lies there
FUZZERS   := $(patsubst tests/fuzz_%.c,%,$(sort $(wildcard tests/fuzz_*.c)))
FUZZ_MAIN ?= $(B)/tests/corpus.o
FUZZ_TIME ?= 60
TESTS  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/*_test.c)))

all: $(PROGRAMS:%=$(B)/mailgrave-%)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(B)/common.a: $(call objects,common)
	@rm -f $@
	$(AR) rcs $@ $^

define program
$(B)/mailgrave-$(1): $(call objects,$(1)) $(B)/common.a
	$$(CC) $$(CFLAGS) $$(PIE) $$(LINK) $$(LDFLAGS) -o $$@ $$^ \
	    $$(LIBS_$(1)) $$(LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

# tests/DIR_NAME_test.c is linked with everything in DIR but its main
define test
$(B)/tests/$(1)_test: $(B)/tests/$(1)_test.o \
    $(call parts,$(firstword $(subst _, ,$(1)))) $(B)/common.a
	$$(CC) $$(CFLAGS) $$(PIE) $$(LINK) $$(LDFLAGS) -o $$@ $$^ \
	    -lcmocka $$(LIBS_$(firstword $(subst _, ,$(1)))) $$(LIBS)
endef
$(foreach t,$(TESTS:$(B)/tests/%_test=%),$(eval $(call test,$(t))))

define fuzzer
$(B)/tests/fuzz_$(1): $(B)/tests/fuzz_$(1).o $(FUZZ_MAIN) \
    $(call parts,$(firstword $(subst _, ,$(1)))) $(B)/common.a
	$$(CC) $$(CFLAGS) $$(PIE) $$(LINK) $$(LDFLAGS) -o $$@ $$^ \
	    $$(LIBS_$(firstword $(subst _, ,$(1)))) $$(LIBS)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))

fuzzers: $(FUZZERS:%=$(B)/tests/fuzz_%)

tests: $(TESTS) fuzzers benches $(B)/tests/proof/short.so \
    $(B)/tests/proof/shift.so

fuzz:
	$(MAKE) B=$(B)/fuzz CC=clang FUZZ_MAIN= LDFLAGS=-fsanitize=fuzzer \
	    CFLAGS='-O1 -g -fno-omit-frame-pointer \
	    -fsanitize=address,undefined,fuzzer-no-link \
	    -fno-sanitize-recover=undefined' fuzz-each

# what it finds stays in build/fuzz/: found-NAME-*, and the corpus it has grown
fuzz-each: fuzzers
	for name in $(FUZZERS); do \
	    mkdir -p $(B)/corpus/$$name; \
	    $(B)/tests/fuzz_$$name -max_total_time=$(FUZZ_TIME) \
		-timeout=10 -artifact_prefix=$(B)/found-$$name- \
		$(B)/corpus/$$name tests/corpus/$$name || exit 1; \
	done

check: all tests
	B=$(B) prove -e '' $(TESTS) tests/purity.sh tests/links.sh tests/manual.sh \
	    tests/options.sh tests/aliases.sh tests/events.sh tests/corpus.sh \
	    tests/completion.sh

sanitize:
	$(MAKE) B=$(B)/sanitize CFLAGS='-O1 -g -fno-omit-frame-pointer \
	    -fsanitize=address,undefined -fno-sanitize-recover=undefined' \
	    sanitize-check

sanitize-check: all tests
	B=$(B) tests/tools/harness.pl $$(nproc) $(TESTS) tests/corpus.sh

bench_load = $(filter-out $(foreach p,bare shake sink spool, \
    $(B)/tests/bench/$(p).o), \
    $(call objects,tests/bench))

$(B)/tests/bench/load: $(bench_load) $(B)/common.a
	$(CC) $(CFLAGS) $(PIE) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/bench/bare: $(B)/tests/bench/bare.o $(B)/tests/bench/sample.o \
    $(B)/common.a
	$(CC) $(CFLAGS) $(PIE) $(LINK) $(LDFLAGS) -pthread -o $@ $^ $(LIBS)

$(B)/tests/bench/sink: $(addprefix $(B)/tests/bench/,sink.o tally.o mailing.o) \
    $(B)/common.a
	$(CC) $(CFLAGS) $(PIE) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

# in front of the C library, not of our programs: no PIE
$(B)/tests/proof/%.so: tests/proof/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra $(CPPFLAGS) -O2 -fPIC -shared -o $@ $<

$(B)/tests/bench/spool: $(B)/tests/bench/spool.o $(call parts,queue) \
    $(B)/common.a
	$(CC) $(CFLAGS) $(PIE) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/tests/bench/shake: $(B)/tests/bench/shake.o
	$(CC) $(CFLAGS) $(PIE) $(LINK) $(LDFLAGS) -o $@ $^ -lssl -lcrypto

benches: $(addprefix $(B)/tests/bench/,load bare shake sink spool)

bench: all benches
	B=$(B) tests/bench/run $(BENCH)

proof: all tests
	for t in storm powercut fulldisk mutations crash faults logins; do \
	    B=$(B) LONG=1 tests/e2e_$$t.sh || exit 1; \
	done

static:
	$(MAKE) B=$(B)/static PIE=-static HARDEN='$(HARDEN) -fno-PIE' all

# link NAME TARGET: another name below PREFIX, unless it is somebody else's, such
# as the sendmail of another mail system, which stays
link = link() { \
	    name=$(DESTDIR)$(PREFIX)/$$1; \
	    mkdir -p "$${name%/*}" || exit 1; \
	    if [ "$$(readlink "$$name")" != "$$2" ] && \
		{ [ -e "$$name" ] || [ -h "$$name" ]; }; then \
		echo "install: $$name is not ours and stays" >&2; \
	    else \
		ln -sf "$$2" "$$name"; \
	    fi; \
	}; link

COMPLETION := $(PREFIX)/share/bash-completion/completions

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/man/man7 \
	    $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(COMPLETION)
	for p in $(filter-out inject,$(PROGRAMS)); do \
	    install $(B)/mailgrave-$$p $(DESTDIR)$(PREFIX)/sbin/ || exit 1; \
	done
	install $(B)/mailgrave-inject $(DESTDIR)$(PREFIX)/bin/
	for m in */mailgrave*.[578]; do \
	    install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/ || \
		exit 1; \
	done
	install -m 644 common/completion.bash $(DESTDIR)$(COMPLETION)/mailgrave
	for p in $(PROGRAMS); do \
	    ln -sf mailgrave $(DESTDIR)$(COMPLETION)/mailgrave-$$p || exit 1; \
	done
	@$(link) sbin/sendmail ../bin/mailgrave-inject
	@$(link) lib/sendmail ../bin/mailgrave-inject
	@$(link) bin/mailq mailgrave-inject
	@$(link) bin/newaliases mailgrave-inject
	@$(link) sbin/qmail-queue mailgrave-queue
	@$(link) share/man/man8/sendmail.8 mailgrave-inject.8
	@$(link) share/man/man8/mailq.8 mailgrave-inject.8
	@$(link) share/man/man8/newaliases.8 mailgrave-inject.8
	@$(link) share/man/man8/qmail-queue.8 mailgrave-queue.8

deb:
	service/make-deb $(B)/deb

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all tests fuzzers fuzz fuzz-each check bench benches proof sanitize sanitize-check static install deb clean
.SECONDARY:
