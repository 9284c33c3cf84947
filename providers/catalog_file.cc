// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/catalog_file.h"

#include <string>

#include "lib/file.h"

namespace spillway {

Result<Catalog> read_catalog(const Config& config) {
  const bool is_named = !config.catalog.empty();
  const std::string path = is_named ? config.catalog : SPILLWAY_CATALOG;
  const auto text = read_file(path);
  if (text) return parse_catalog(*text, path);
  if (!is_named && text.error().code == ErrorCode::kNotFound) return Catalog{};
  return text.error().within("catalog");
}

}  // namespace spillway
