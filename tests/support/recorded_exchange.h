// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plays recorded exchanges to a driver: what must be sent, and what comes back. The file:
//
//   # Lambda Cloud API 1.10.0, 2026-11-24: comment; the first line says version and date
//   > POST https://cloud.example/launch       must be sent: method and URL,
//   > accept: application/json                all headers in their order, the secret last,
//   > authorization: Bearer KEY
//   >                                         an empty line, and the body, when there is one
//   > {"name": "a"}                           (JSON may be laid out in any way)
//   < 200                                     comes back: status, headers, empty line, body
//   < retry-after: 7
//   <
//   < {"data": {}}
//
// "< !unknown_outcome connection lost" comes back as that error. The next ">" line after "<" lines
// begins the next exchange; exchanges are played in the order of the file. "+ cloud/first.http"
// stands for the exchanges in tests/data/cloud/first.http.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/http.h"
#include "lib/result.h"

namespace spillway {

class RecordedExchange final : public Transport {
 public:
  // Plays `text`; `file` is for messages.
  RecordedExchange(const std::string& text, std::string file);

  // Plays tests/data/<path>.
  [[nodiscard]] static RecordedExchange open(const std::string& path);

  // The recorded answer. When `request` is not what must be sent now: kIo, and verdict() tells.
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override;

  // Empty when the file could be read and everything in it was sent, and nothing else.
  [[nodiscard]] std::string verdict() const;

 private:
  struct Exchange {
    std::string place;  // "line 12"
    std::vector<std::string> sent;
    std::vector<std::string> answered;
  };

  void read(const std::string& text, const std::string& place);
  void read_line(const std::string& line, const std::string& place);
  void include(const std::string& path);
  void complain(const std::string& what);

  std::string file_;
  std::vector<Exchange> exchanges_;
  std::size_t played_ = 0;
  std::string complaint_;
};

}  // namespace spillway
