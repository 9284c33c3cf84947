// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the join service asks of the broker, free of HTTP. The service checks forms and sizes, the
// desk knows leases and machines.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "lib/result.h"
#include "lib/secret.h"

namespace spillway {

// What a machine tells of itself. Never trusted further than its token reaches.
struct JoinFacts {
  std::vector<std::string> addresses;
  std::string hostname;
  int gpus = 0;
  std::string gpu_model;
  int infiniband_ports = 0;
  int infiniband_gbps = 0;
  std::int64_t memory_mib = 0;
  int cpus = 0;
  std::string os;             // "ubuntu-24.04"; empty when it cannot tell
  std::string wireguard_key;  // public, base64; empty when it can make none
};

// A line of the machine's /etc/hosts.
struct HostName {
  std::string address;
  std::string name;
};

// Another end of a tunnel.
struct TunnelPeer {
  std::string public_key;
  std::string endpoint;              // "host:port"
  std::vector<std::string> allowed;  // networks that lie behind it, "10.90.0.0/16"
};

struct Tunnel {
  std::string address;  // the machine's own, with its prefix: "10.90.0.7/16"
  TunnelPeer head;
};

struct JoinReply {
  std::string node;
  std::string cluster;
  Shape shape;                         // what the machine's health gate compares with
  std::string slurm_release;           // slurmctld's, "24.11"; empty when it is not known
  std::vector<std::string> slurmctld;  // "host:port"; may be empty when slurm.conf is delivered
  std::vector<HostName> hosts;
  std::optional<Tunnel> tunnel;  // nothing: the network is routed
};

enum class TestRole { kServe, kCall };

// Whom a machine tries its network with, before slurmd starts.
struct PairTest {
  TestRole role = TestRole::kServe;
  std::string partner;  // tunnel address
};

struct ReadyReply {
  std::vector<TunnelPeer> peers;  // the other machines of the lease, at their private addresses
  std::optional<PairTest> test;
};

// Called from the service's threads; answers within seconds or gives kTransient (503 to the
// machine, which asks again). `peer` is the address the call came from.
class JoinDesk {
 public:
  virtual ~JoinDesk() = default;
  // Was this token made here, for a lease that has not ended? At once, from any thread.
  [[nodiscard]] virtual bool recognizes(const Secret& token) const = 0;
  // Is this token good for anything? Errors: kUnauthorized, kTransient.
  [[nodiscard]] virtual Status admit(const Secret& token) = 0;
  // Is it good for a machine of its lease at `peer`? Errors: those of admit; kTransient, too, while
  // the cloud has not shown the machine's address.
  [[nodiscard]] virtual Status admit_machine(const Secret& token, const std::string& peer) = 0;
  // Gives the machine its node; the same machine asking again gets the same node.
  // Errors: kUnauthorized (403), kTransient (503: not known yet), kInvalid (400).
  [[nodiscard]] virtual Result<JoinReply> join(const Secret& token,
                                               const std::string& peer,
                                               const JoinFacts& facts) = 0;
  [[nodiscard]] virtual Result<ReadyReply> ready(const Secret& token, const std::string& peer) = 0;
  // `log`: the last lines of what the machine did, for people; may be empty.
  [[nodiscard]] virtual Status unhealthy(const Secret& token,
                                         const std::string& peer,
                                         const std::string& what,
                                         const std::string& log) = 0;
  // A refusal, be it the service's own (bad form, no token) or kUnauthorized from above: kept as an
  // event. Called a bounded number of times per peer and overall, whatever clients do.
  virtual void note_refusal(const std::string& peer, const std::string& why) = 0;
};

// The certificate and key of the join service; made self-signed beside the ledger
// (`<ledger>.join.pem`, mode 0600) when there are none yet. `pin` is curl's form: "sha256//BASE64".
struct JoinIdentity {
  std::string pem_file;
  std::string pin;
};
[[nodiscard]] Result<JoinIdentity> load_join_identity(const std::string& ledger_path);

// The service: TLS 1.2 or later on `config.listen`; serves until it is destroyed. `desk` must
// outlive it. `bootstrap` is the script's text. Errors: kIo (address in use, certificate).
class JoinService {
 public:
  virtual ~JoinService() = default;
  [[nodiscard]] virtual int port() const = 0;
};
[[nodiscard]] Result<std::unique_ptr<JoinService>> start_join_service(const JoinConfig& config,
                                                                      const JoinIdentity& identity,
                                                                      const std::string& bootstrap,
                                                                      JoinDesk& desk);

// The user-data for one lease: a "#!/bin/sh" text under 1,000 bytes; holds no secret but the token.
[[nodiscard]] std::string make_user_data(const std::string& url,
                                         const std::string& pin,
                                         const Secret& token);

// The text of the bootstrap script that this program serves (etc/bootstrap/, built in).
[[nodiscard]] const std::string& bootstrap_script();

}  // namespace spillway
