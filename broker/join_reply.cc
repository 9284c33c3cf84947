// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_reply.h"

#include <array>
#include <cstdint>
#include <utility>

#include "lib/json.h"
#include "lib/text.h"

namespace spillway {
namespace {

using Number = std::pair<const char*, std::int64_t>;

// What the health gate compares with; 0: not checked.
std::array<Number, 7> demands(const Shape& shape) {
  const int least_ports = shape.infiniband ? 1 : 0;
  return {{{"gpus", shape.gpus},
           {"cpus", shape.cpus},
           {"memory_mib", shape.memory_mib},
           {"disk_mib", shape.disk_mib},
           {"infiniband_ports", std::max(shape.infiniband_ports, least_ports)},
           {"infiniband_gbps", shape.infiniband_gbps},
           {"bandwidth_gbps", shape.bandwidth_gbps}}};
}

const char* role_name(TestRole role) {
  return role == TestRole::kServe ? "serve" : "call";
}

// Of a text that is empty the line form keeps the place.
std::string field(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string peer_line(const TunnelPeer& peer) {
  return "peer " + peer.public_key + " " + peer.endpoint + " " + join(peer.allowed, ",") + "\n";
}

Json json_of(const TunnelPeer& peer) {
  Json allowed = Json::array();
  for (const auto& network : peer.allowed)
    allowed.append(Json::of(network));
  Json json = Json::object();
  json.set("public_key", peer.public_key).set("endpoint", peer.endpoint);
  return json.set("allowed", allowed);
}

Json json_of(const Mount& mount) {
  Json json = Json::object();
  json.set("type", mount.type).set("options", mount.options);
  return json.set("what", mount.what).set("where", mount.where);
}

Json json_of(const FileToInstall& entry) {
  Json json = Json::object();
  json.set("to", entry.file->to).set("mode", entry.file->mode).set("owner", entry.file->owner);
  return json.set("base64", entry.base64);
}

template <typename Items, typename Make>
Json array_of(const Items& items, const Make& make) {
  Json array = Json::array();
  for (const auto& item : items)
    array.append(make(item));
  return array;
}

}  // namespace

std::string reply_as_lines(const JoinParts& parts) {
  const auto& reply = parts.reply;
  std::string text = "node " + reply.node + "\ncluster " + reply.cluster + "\n";
  if (!reply.slurm_release.empty()) text += "slurm " + reply.slurm_release + "\n";
  if (!reply.shape.gpu.empty()) text += "gpu " + reply.shape.gpu + "\n";
  for (const auto& [name, least] : demands(reply.shape))
    text += std::string(name) + " " + std::to_string(least) + "\n";
  for (const auto& controller : reply.slurmctld)
    text += "slurmctld " + controller + "\n";
  for (const auto& host : reply.hosts)
    text += "host " + host.address + " " + host.name + "\n";
  if (reply.tunnel)
    text += "tunnel " + reply.tunnel->address + "\n" + peer_line(reply.tunnel->head);
  for (const auto& mount : parts.mounts) {
    text += "mount " + mount.type + " " + field(mount.options) + " " + mount.what + " " +
            mount.where + "\n";
  }
  if (parts.archive) {
    text += "archive " + parts.archive->sha256 + " " + std::to_string(parts.archive->bytes) + "\n";
  }
  // The path stands last, since it may hold blanks.
  for (const auto& [file, content] : parts.files)
    text += "file " + file->mode + " " + file->owner + " " + field(content) + " " + file->to + "\n";
  return text;
}

std::string reply_as_json(const JoinParts& parts) {
  const auto& reply = parts.reply;
  Json json = Json::object();
  json.set("node", reply.node).set("cluster", reply.cluster);
  json.set("slurm", reply.slurm_release).set("gpu", reply.shape.gpu);
  for (const auto& [name, least] : demands(reply.shape))
    json.set(name, least);
  json.set("slurmctld", array_of(reply.slurmctld, [](const auto& each) { return Json::of(each); }));
  json.set("hosts", array_of(reply.hosts, [](const HostName& host) {
             return Json::object().set("address", host.address).set("name", host.name);
           }));
  if (reply.tunnel)
    json.set("tunnel", reply.tunnel->address).set("peer", json_of(reply.tunnel->head));
  json.set("mounts", array_of(parts.mounts, [](const auto& each) { return json_of(each); }));
  if (parts.archive) {
    json.set(
        "archive",
        Json::object().set("sha256", parts.archive->sha256).set("bytes", parts.archive->bytes));
  }
  json.set("files", array_of(parts.files, [](const auto& each) { return json_of(each); }));
  return json.dump() + "\n";
}

std::string ready_as_lines(const ReadyReply& reply) {
  std::string text;
  for (const auto& peer : reply.peers)
    text += peer_line(peer);
  if (reply.test)
    text += std::string("test ") + role_name(reply.test->role) + " " + reply.test->partner + "\n";
  return text;
}

std::string ready_as_json(const ReadyReply& reply) {
  Json json = Json::object();
  json.set("peers", array_of(reply.peers, [](const auto& each) { return json_of(each); }));
  if (reply.test) {
    json.set("test",
             Json::object()
                 .set("role", role_name(reply.test->role))
                 .set("partner", reply.test->partner));
  }
  return json.dump() + "\n";
}

}  // namespace spillway
