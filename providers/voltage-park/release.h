// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ends machines: whole rentals where all of their nodes are asked for, single nodes where not, VMs
// one by one. The rentals are read before, once: none ever grows, so what is right for the first
// call is right for the last.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/result.h"
#include "providers/voltage-park/client.h"
#include "providers/voltage-park/machines.h"

namespace spillway {

class VoltageParkRelease {
 public:
  // `client` must outlive this.
  explicit VoltageParkRelease(VoltageParkClient& client) : client_(client) {}

  // As Provider::release. Appends to `accepted`, also before an error. One rental's refusal does
  // not keep the others; silence, a wrong key and a rate limit do.
  [[nodiscard]] Status release(const std::vector<std::string>& ids,
                               std::vector<std::string>& accepted);

 private:
  using Ids = std::vector<std::string>;
  // Nothing stands for a rental that the list does not have.
  using Rentals = std::map<std::string, Result<VoltageParkMachines>>;

  [[nodiscard]] Result<Rentals> read_rentals(const std::map<std::string, Ids>& asked);
  [[nodiscard]] Status end_rental(const std::string& rental,
                                  const Ids& asked,
                                  const Rentals& rentals,
                                  Ids& accepted);
  [[nodiscard]] Status end_nodes(const std::string& rental,
                                 const VoltageParkEnd& plan,
                                 Ids& accepted);
  [[nodiscard]] Status end(const HttpRequest& request, const Ids& ids, Ids& accepted);
  [[nodiscard]] bool goes_on(const Status& ended, std::optional<Error>& trouble) const;

  VoltageParkClient& client_;
  // By rental: places that were asked for while they could not be told apart. A release is never
  // taken back, so the rest may be asked for in another call.
  std::map<std::string, std::set<std::string>> places_asked_;
};

}  // namespace spillway
