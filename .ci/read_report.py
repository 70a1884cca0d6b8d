"""Reads a report.json for .ci/run.

    count REPORT                     prints "PASSED FAILED" of the checks and the sabotages that were tried, without
                                     those that are not applicable
    failures REPORT                  prints a line for each failed check, each failed sabotage and each problem
    demand REPORT REQUIREMENT CHECK TEXT
                                     fails unless the requirement and this check failed, the check with that text in its
                                     reason
"""

import json
import sys


GOOD = {"verdict": ("pass", "waived", "finding"), "proof": ("proven",)}
NEITHER = ("not-applicable", "not-tried")


def judged(report):
    """Every check and every sabotage that was tried, with its verdict and whether the verdict is good."""
    for kind, word in (("checks", "verdict"), ("sabotages", "proof")):
        for one in report[kind]:
            if one[word] not in NEITHER:
                yield one, one[word], one[word] in GOOD[word]


def count(report):
    good = [is_good for _, _, is_good in judged(report)]
    print(sum(good), len(good) - sum(good))


def failures(report):
    for one, word, is_good in judged(report):
        if not is_good:
            print(f"{one['id']} is {word}: {one.get('reason') or 'no reason'}")
    for problem in report["problems"]:
        print(f"problem: {problem}")


def demand(report, requirement, check, text):
    verdicts = [one["verdict"] for one in report["requirements"] if one["id"] == requirement]
    if verdicts != ["fail"]:
        sys.exit(f"{requirement} is {verdicts or 'not reported'} instead of fail")
    found = [c for c in report["checks"] if requirement in c["requirements"] and c["id"].endswith("#" + check)]
    if len(found) != 1:
        sys.exit(f"{requirement} has {len(found)} checks called {check} instead of one")
    verdict, reason = found[0]["verdict"], found[0]["reason"]
    if verdict != "fail" or text not in reason:
        sys.exit(f"{check} is {verdict}: {reason}; expected: fail because of {text}")
    print(f"{requirement} fails as expected: {check}: {reason}")


def main():
    command, path, *rest = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    {"count": count, "failures": failures, "demand": demand}[command](report, *rest)


if __name__ == "__main__":
    main()
