#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""report.py FILE - what a delivery report says, read by Python's own parser: a
line for each fact."""
import email
import sys


def main():
    with open(sys.argv[1], "rb") as f:
        report = email.message_from_binary_file(f)
    print("type", report.get_content_type(),
          report.get_param("report-type"))
    print("defects", len(report.defects))
    print("auto", report["Auto-Submitted"])
    print("return-path", report["Return-Path"])
    people, programs, mail = report.get_payload()
    print("parts", people.get_content_type(), programs.get_content_type(),
          mail.get_content_type())
    for block in programs.get_payload():
        for name, value in block.items():
            print(name.lower(), " ".join(value.split()))
    inner = mail.get_payload()
    inner = inner[0] if isinstance(inner, list) else \
        email.message_from_string(inner)
    print("returned", inner["Subject"], len(inner.get_payload()))


main()
