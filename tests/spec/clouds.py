# SPDX-License-Identifier: GPL-2.0-or-later
"""The clouds that have an official specification: which of their operations are ours, and in what
they differ from it. A difference bears its source; one that no exchange needs any more fails the
test."""

import dataclasses
import json
import pathlib

from differences import (also, answer, answer_member, elsewhere, json_content, member, not_required,
                         query, ref, refusals_with_200, status, text)
from specification import Specification

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@dataclasses.dataclass(frozen=True)
class Cloud:
    name: str
    base_url: str  # of the recorded exchanges
    prefix: str  # that the specification's paths have, but what is below the base has not
    driver: frozenset  # the operations that the driver asks for
    simulator: frozenset  # those that the simulated cloud answers
    differences: tuple

    def specification(self, without=None):
        """With all differences, but the one that is left out."""
        path = ROOT / "tests/data" / self.name / "openapi.json"
        specification = Specification(json.loads(path.read_text(encoding="utf-8")), self.prefix)
        for each in self.differences:
            if each is not without:
                each.apply(specification)
        return specification


def lambda_error(error):
    return json_content({"properties": {"error": error}, "required": ["error"], "type": "object"})


OF_OCTOBER = "a revision seen in October 2026 by fzsheik/opengrid-terminal at 078e58e"

LAMBDA = Cloud(
    name="lambda",
    base_url="https://cloud.lambda.ai/api/v1",
    prefix="/api/v1",
    driver=frozenset({"listInstanceTypes", "listRegions", "listImages", "listInstances",
                      "launchInstance", "terminateInstance", "listSSHKeys"}),
    simulator=frozenset({"listInstanceTypes", "listRegions", "listImages", "listInstances",
                         "getInstance", "postInstance", "launchInstance", "terminateInstance",
                         "restartInstance", "listSSHKeys", "addSSHKey", "deleteSSHKey",
                         "listFilesystems"}),
    differences=(
        member("Instance", "is_reserved", {"type": "boolean"},
               "the specification's own examples of terminate and restart"),
        member("Instance", "first_healthy", text(format="date-time"), OF_OCTOBER),
        query("listInstances", "page_token", text(), OF_OCTOBER),
        answer_member("listInstances", "page_token", {"type": ["string", "null"]}, OF_OCTOBER),
        status("429", {"text/plain": {"schema": text()}},
               "brevdev/cloud at c9ff28c, which reads a proxy's text; the specification's "
               "introduction names the rates and not the answer"),
        status("500", lambda_error(ref("ApiErrorInternal")),
               "the error is specified, under another status"),
        elsewhere("404", lambda_error(ref("ApiErrorNotFound")),
                  "the error is specified for paths that are"),
    ),
)

RECORDED = ("answers recorded in the documentation's specification of August 2026, "
            "api-evangelist/nexgen-cloud at 6699aef")
HYPERSTACK_ERROR = json_content(ref("ErrorResponseModel"))

HYPERSTACK = Cloud(
    name="hyperstack",
    base_url="https://infrahub-api.nexgencloud.com/v1",
    prefix="",
    driver=frozenset({
        "List_Flavors", "Get_GPU_stock", "Get_pricebook", "List_Images", "List_environments",
        "Get_environment_VM_quota", "List_key_pairs", "List_VMs", "Create_VMs", "Delete_VM",
        "List_VM_events", "Get_user_credit"}),
    simulator=frozenset({
        "Get_user_credit", "Get_Dashboard", "Get_VM_Billing_History", "Get_VM_Billing_Details",
        "List_Flavors", "Get_GPU_stock", "Get_pricebook", "List_Regions", "List_GPUs",
        "List_Images", "List_environments", "Create_environment", "Get_environment",
        "Delete_environment", "Fetch_environment_name_availability", "Get_environment_VM_quota",
        "List_key_pairs", "Import_key_pair", "Delete_key_pair", "List_VMs", "Create_VMs",
        "Check_VM_name_availability", "Get_VM", "Delete_VM", "Start_VM", "Stop_VM",
        "Hard_reboot_VM", "Hibernate_VM", "Restore_VM_from_hibernation", "Add_VM_Label",
        "List_VM_events", "Attach_public_IP_to_VM", "Detach_public_IP_from_VM"}),
    differences=(
        *(also(schema, name, {"type": "null"}, RECORDED) for schema, names in (
            ("Instance_Fields", ("callback_url", "contract_id", "fixed_ip", "floating_ip",
                                 "power_state", "vm_state")),
            ("Flavor_Fields", ("ephemeral",)),
            ("Instances", ("page", "page_size")),
            ("Environments", ("page", "page_size")),
            ("Keypairs", ("page", "page_size")),
            ("PricebookModel", ("start_time", "end_time"))) for name in names),
        member("Instance_Fields", "is_snapshotting", {"type": "boolean"}, RECORDED),
        member("Instance_Fields", "cluster_id", {"type": ["integer", "null"]}, RECORDED),
        *(also("PricebookModel", name, text(pattern=r"^\d+(\.\d+)?$"),
               "prices are texts in sagemathinc/cocalc at d12200f")
          for name in ("value", "original_value")),
        *(member(schema, "success", {"type": "boolean"}, RECORDED)
          for schema in ("ResourceLevelVmBillingHistoryResponseModel",
                         "ResourceLevelVMBillingDetailsResponseModel")),
        not_required("Create_Security_Rule_Payload", "virtual_machine_id",
                     "there is no such member, nor a machine yet; a newer revision does not "
                     "require it: api-evangelist/nexgen-cloud at 342b290"),
        answer("Delete_environment", "405", HYPERSTACK_ERROR, RECORDED),
        status("429", HYPERSTACK_ERROR, "the documentation's page on rate limits"),
        refusals_with_200(ref("ErrorResponseModel"),
                          "clients look at the body's status whatever HTTP's is: likely, no more"),
        elsewhere("404", HYPERSTACK_ERROR, "the documentation's page on errors"),
        elsewhere("405", HYPERSTACK_ERROR, "the documentation's page on errors"),
    ),
)

CLOUDS = {each.name: each for each in (LAMBDA, HYPERSTACK)}
