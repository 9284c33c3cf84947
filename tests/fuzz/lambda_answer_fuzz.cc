// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever a cloud, or what stands before it, answers: it is read or refused, and what is read is
// as the readers promise.
#include <algorithm>
#include <cstdint>

#include "core/mark.h"
#include "providers/lambda/answer.h"
#include "providers/lambda/offers.h"
#include "tests/fuzz/cloud_answer.h"

using namespace spillway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void read_payload(const Json& data) {
  if (const auto types = read_lambda_types(data)) {
    for (const auto& offer : make_lambda_offers(*types, {"us-east-1"}, TimePoint{})) {
      demand(!offer.price_per_hour || offer.price_per_hour->micros() > 0);
      demand(offer.gpus >= 0 && offer.cpus >= 0 && offer.memory_mib >= 0);
    }
  }
  if (const auto id = read_lambda_launched(data)) demand(!id->empty());
  if (const auto ids = read_lambda_terminated(data)) {
    demand(std::none_of(ids->begin(), ids->end(), [](const auto& id) { return id.empty(); }));
  }
  if (const auto names = read_lambda_names(data)) demand(names->size() == data.size());
  if (const auto images = read_lambda_images(data)) demand(images->size() == data.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = read_cloud_answer(data, size);
  const auto rows = read_lambda_rows(answer, [](const Json& row) -> Status {
    const auto machine = read_lambda_machine(row, "hpc1");
    if (!machine) return machine.error();
    if (*machine) demand((*machine)->mark.cluster == "hpc1" && !(*machine)->id.empty());
    return {};
  });
  // Whole or in rows, an envelope is one or is none.
  const auto whole = read_lambda_page(answer, LambdaCall::kList);
  demand(!rows || whole);
  for (const auto call : {LambdaCall::kList, LambdaCall::kLaunch, LambdaCall::kTerminate}) {
    const auto page = read_lambda_page(answer, call);
    if (page) {
      demand(answer.status >= 200 && answer.status < 300);
      read_payload(page->data);
    } else {
      demand_short_line(page.error());
      demand(call == LambdaCall::kTerminate || page.error().code != ErrorCode::kNotFound);
    }
  }
  return 0;
}
