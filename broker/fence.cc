// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/fence.h"

#include <utility>

namespace spillway {
namespace {

Error lapsed() {
  return Error{ErrorCode::kTransient, "not sent: the lead has lapsed", {}};
}

}  // namespace

FencedTransport::FencedTransport(std::unique_ptr<Transport> inner, MayAct may_act)
    : inner_(std::move(inner)), may_act_(std::move(may_act)) {}

Result<HttpAnswer> FencedTransport::send(const HttpRequest& request) {
  if (!may_act_()) return lapsed();
  return inner_->send(request);
}

FencedSlurm::FencedSlurm(std::unique_ptr<Slurm> inner, MayAct may_act)
    : inner_(std::move(inner)), may_act_(std::move(may_act)) {}

Result<SlurmView> FencedSlurm::observe() {
  return inner_->observe();
}

Status FencedSlurm::set_addresses(const std::vector<NodeAddress>& addresses) {
  if (!may_act_()) return lapsed();
  return inner_->set_addresses(addresses);
}

Status FencedSlurm::down_and_power_down(const std::string& nodes, const std::string& reason) {
  if (!may_act_()) return lapsed();
  return inner_->down_and_power_down(nodes, reason);
}

Status FencedSlurm::resume(const std::string& nodes) {
  if (!may_act_()) return lapsed();
  return inner_->resume(nodes);
}

Status FencedSlurm::keep_idle(const std::string& nodes) {
  if (!may_act_()) return lapsed();
  return inner_->keep_idle(nodes);
}

Status FencedSlurm::set_admin_comment(std::uint32_t job, const std::string& comment) {
  if (!may_act_()) return lapsed();
  return inner_->set_admin_comment(job, comment);
}

}  // namespace spillway
