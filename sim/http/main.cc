// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <string>

#include "lib/log.h"
#include "sim/http/simcloud.h"
#include "sim/http/supervisor.h"

int main(int argc, char** argv) try {
  using namespace spillway;
  // How the program starts itself for each machine; not for people.
  if (argc >= 2 && std::string(argv[1]) == "--supervise") return supervise(argv + 2);

  SimcloudOptions options;
  CLI::App app("Simulated clouds that speak the real clouds' APIs");
  app.add_option("--listen", options.listen, "loopback address and port, 0 for a free one")
      ->capture_default_str();
  app.add_option("--folder", options.folder, "where machines live")->required();
  app.add_option("--scenario", options.scenario_file, "the scenario, JSON")->required();
  app.add_option("--ready-file", options.ready_file, "written once the clouds are served");
  CLI11_PARSE(app, argc, argv);

  start_log("spillway-simcloud", LogLevel::kInfo, true);
  const Status status = run_simcloud(options);
  if (status) return 0;
  std::cerr << "spillway-simcloud: " << status.error().message << "\n";
  return 1;
} catch (const std::exception& error) {
  std::cerr << "spillway-simcloud: " << error.what() << "\n";
  return 1;
}
