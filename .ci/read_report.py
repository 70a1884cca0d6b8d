"""Reads a report.json for .ci/run.

    count REPORT                     prints "PASSED FAILED" of the checks and of the sabotages that were tried; what is not applicable is
                                     neither
    demand REPORT REQUIREMENT CHECK TEXT
                                     fails unless the requirement failed, and this check of it for a reason with that text
"""

import json
import sys


def count(report):
    verdicts = [check["verdict"] for check in report["checks"] if check["verdict"] != "not-applicable"]
    passed = sum(verdict in ("pass", "waived", "finding") for verdict in verdicts)
    proofs = [one["proof"] for one in report["sabotages"] if one["proof"] not in ("not-tried", "not-applicable")]
    proven = proofs.count("proven")
    print(passed + proven, len(verdicts) - passed + len(proofs) - proven)


def demand(report, requirement, check, text):
    verdicts = [one["verdict"] for one in report["requirements"] if one["id"] == requirement]
    if verdicts != ["fail"]:
        sys.exit(f"{requirement} is {verdicts or 'not reported'} instead of fail")
    found = [c for c in report["checks"] if requirement in c["requirements"] and c["id"].endswith("#" + check)]
    if len(found) != 1:
        sys.exit(f"{requirement} has {len(found)} checks called {check} instead of one")
    verdict, reason = found[0]["verdict"], found[0]["reason"]
    if verdict != "fail" or text not in reason:
        sys.exit(f"{check} is {verdict}: {reason}; wanted: fail because of {text}")
    print(f"{requirement} fails, as it must: {check}: {reason}")


def main():
    command, path, *rest = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    {"count": count, "demand": demand}[command](report, *rest)


if __name__ == "__main__":
    main()
