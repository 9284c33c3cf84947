// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/machine_image.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "lib/file.h"
#include "sim/http/hardware.h"

namespace spillway {
namespace {

// There are many of them, and no machine outlives its host's power.
Status write_unsynced(const std::string& path, const ImageFile& file) {
  if (auto made = make_folder(path.substr(0, path.rfind('/'))); !made) return made;
  std::ofstream out(path, std::ios::binary);
  out << file.text;
  out.close();
  if (!out || chmod(path.c_str(), file.mode) != 0) return file_error(path, errno);
  return {};
}

}  // namespace

Status write_machine_image(const std::string& folder,
                           const std::string& root,
                           const SimMachine& machine,
                           std::optional<int> node_gpus) {
  const std::string base = folder + "/" + root;
  const std::string& user_data = machine.order.user_data;
  if (auto made = make_folder(folder, 0700); !made) return made;
  if (auto made = make_folder(base + "/tmp"); !made) return made;
  if (auto kept = write_file_atomically(folder + "/user-data", user_data, 0600); !kept) return kept;
  for (const ImageFile& file : simulated_hardware(machine, node_gpus)) {
    if (auto written = write_unsynced(base + file.path, file); !written) return written;
  }
  if (user_data.rfind("#!", 0) != 0) return {};
  const std::string script = base + kUserDataScript;
  if (auto made = make_folder(script.substr(0, script.rfind('/'))); !made) return made;
  return write_file_atomically(script, user_data, 0700);
}

}  // namespace spillway
