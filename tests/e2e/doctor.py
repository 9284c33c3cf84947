# SPDX-License-Identifier: GPL-2.0-or-later
"""`spillway doctor` finds no failure where everything runs, and says what is wrong once the broker
is gone, the provider refuses the key, and slurm.conf has changed under slurmctld."""

import json

from scenario import Scenario, check, play


def doctor(cluster, code):
    """The lines by topic, each as (level, text)."""
    command = [cluster.layout.program("spillway"), "--config", cluster.layout.path("spillway.yaml")]
    done = cluster.run([*command, "doctor", "--json"], check=False, timeout=120)
    check(done.returncode == code, f"exit {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
    topics = {}
    for line in json.loads(done.stdout)["lines"]:
        topics.setdefault(line["topic"], []).append((line["level"], line["text"]))
    return topics


def check_said(lines, level, words):
    found = any(line[0] == level and words in line[1] for line in lines)
    check(found, f"a {level} should say '{words}': {lines}")


def everything_runs(cluster):
    topics = doctor(cluster, 3)  # the private cluster limits no spending
    failures = [line for lines in topics.values() for line in lines if line[0] == "failure"]
    check(not failures, f"nothing should be wrong: {failures}")
    check_said(topics["slurm"], "ok", "slurmctld answers, version ")
    check_said(topics["slurm"], "ok", "slurmctld knows every node of every pool")
    check_said(topics["slurm"], "ok", "plugin: ")
    check_said(topics["broker"], "ok", "leads since")
    check_said(topics["broker"], "ok", "decisions: written")
    check_said(topics["join"], "ok", "answers with the right key")
    check_said(topics["lambda"], "ok", "key: Lambda accepts it")
    check_said(topics["lambda"], "ok", "clock: agrees with this host's")


def what_is_wrong_is_said(cluster):
    cluster.kill_broker()
    with open(cluster.layout.path("slurm.conf"), "a", encoding="utf-8") as file:
        file.write("ResumeTimeout=3600\n")
    with open(cluster.layout.path("lambda.key"), "w", encoding="utf-8") as file:
        file.write("another_key\n")
    topics = doctor(cluster, 1)
    check_said(topics["slurm"], "warning", "ResumeTimeout=3600, but slurmctld runs with ")
    check_said(topics["join"], "failure", "")
    check_said(topics["lambda"], "failure", "make a new key")


def without_slurmctld(cluster):
    cluster.daemons.stop("slurmctld", patience=30)
    topics = doctor(cluster, 1)
    check_said(topics["slurm"], "failure", "is slurmctld running?")


def story(scenario: Scenario):
    everything_runs(scenario.cluster)
    what_is_wrong_is_said(scenario.cluster)
    without_slurmctld(scenario.cluster)


play(story)
