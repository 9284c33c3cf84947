// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the join service is to say, from the lines that a machine is to read: the other direction of
// broker/join_reply.h, for join_test_service's arguments. False: no such line.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/join.h"
#include "core/config.h"
#include "lib/text.h"

namespace spillway {

using Words = std::vector<std::string>;

inline Words words_of(const std::string& line) {
  Words words;
  for (const auto word : split(line, ' '))
    words.emplace_back(word);
  return words;
}

inline TunnelPeer peer_of(const Words& words) {
  TunnelPeer peer{words.at(1), words.at(2), {}};
  for (const auto network : split(words.at(3), ','))
    peer.allowed.emplace_back(network);
  return peer;
}

inline bool add_number(const std::string& name, std::int64_t number, Shape& shape) {
  if (name == "gpus")
    shape.gpus = static_cast<int>(number);
  else if (name == "cpus")
    shape.cpus = static_cast<int>(number);
  else if (name == "memory_mib")
    shape.memory_mib = number;
  else if (name == "disk_mib")
    shape.disk_mib = number;
  else if (name == "infiniband_ports")
    shape.infiniband_ports = static_cast<int>(number);
  else if (name == "infiniband_gbps")
    shape.infiniband_gbps = static_cast<int>(number);
  else if (name == "bandwidth_gbps")
    shape.bandwidth_gbps = static_cast<int>(number);
  else
    return false;
  return true;
}

inline bool add_join_line(const std::string& line, JoinReply& reply, JoinConfig& config) {
  const Words words = words_of(line);
  const std::string& key = words.at(0);
  if (key == "mount") {
    const std::string options = words.at(2) == "-" ? "" : words.at(2);
    config.mounts.push_back({words.at(3), words.at(4), words.at(1), options});
  } else if (key == "host") {
    reply.hosts.push_back({words.at(1), words.at(2)});
  } else if (key == "tunnel") {
    reply.tunnel = Tunnel{words.at(1), {}};
  } else if (key == "peer") {
    reply.tunnel->head = peer_of(words);
  } else if (key == "gpu") {
    reply.shape.gpu = words.at(1);
  } else if (key == "slurm") {
    reply.slurm_release = words.at(1);
  } else {
    const auto number = parse_whole_number(words.at(1), std::numeric_limits<std::int32_t>::max());
    return number && add_number(key, *number, reply.shape);
  }
  return true;
}

inline bool add_ready_line(const std::string& line, ReadyReply& reply) {
  const Words words = words_of(line);
  if (words.at(0) == "peer") {
    reply.peers.push_back(peer_of(words));
    return true;
  }
  if (words.at(0) != "test") return false;
  reply.test = PairTest{words.at(1) == "serve" ? TestRole::kServe : TestRole::kCall, words.at(2)};
  return true;
}

}  // namespace spillway
