// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/cloud_init.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/text.h"
#include "sim/http/base64.h"

namespace spillway::voltage_park_api {
namespace {

constexpr const char* kRoot = "\"${SPILLWAY_ROOT}\"";

std::string in_quotes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

struct File {
  std::string path;
  std::string content;
  bool is_base64 = false;
  std::string mode = "0644";
};

bool is_octal(const std::string& text) {
  return text.size() >= 3 && text.size() <= 4 &&
         text.find_first_not_of("01234567") == std::string::npos;
}

// The file has to stay below the machine's root.
bool is_absolute(const std::string& path) {
  const auto parts = split(path, '/');
  return parts.size() >= 2 && parts.front().empty() && !parts.back().empty() &&
         std::find(parts.begin(), parts.end(), "..") == parts.end();
}

File read_file_entry(Fields entry) {
  entry.expect({"path", "content", "encoding", "owner", "permissions"});
  File file;
  file.path = entry.text("path", Need::kRequired).value_or("/");
  if (!is_absolute(file.path) && entry.raw("path").as_string())
    entry.fail("path", "an absolute path of a file is needed", "value_error");
  file.content = entry.text("content", Need::kRequired).value_or("");
  const auto encoding = entry.choice("encoding", {"text/plain", "b64", "base64"});
  file.is_base64 = encoding && *encoding != "text/plain";
  if (file.is_base64 && !decode_base64(file.content))
    entry.fail("content", "no base64", "value_error");
  const auto owner = entry.text("owner");
  if (owner && owner->empty()) entry.fail("owner", "must not be empty", "value_error");
  file.mode = entry.text("permissions").value_or(file.mode);
  if (!is_octal(file.mode)) entry.fail("permissions", "an octal mode is needed", "value_error");
  return file;
}

std::string write_command(const File& file) {
  const std::string folder = file.path.substr(0, file.path.rfind('/'));
  const std::string target = kRoot + in_quotes(file.path);
  return "mkdir -p " + (kRoot + in_quotes(folder)) + "\n(umask 077; printf '%s' " +
         in_quotes(file.content) + (file.is_base64 ? " | base64 -d" : "") + " >" + target +
         ")\nchmod " + file.mode + " " + target + "\n";
}

// True for what continues a path, so that it does not stand whole.
bool is_path_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-/}").find(c) != std::string_view::npos;
}

// The path in `paths` that stands whole at `text[at]`, or "".
std::string path_at(const std::string& text,
                    std::size_t at,
                    const std::vector<std::string>& paths) {
  if (at > 0 && is_path_character(text[at - 1])) return "";
  for (const std::string& path : paths) {
    const std::size_t end = at + path.size();
    if (text.compare(at, path.size(), path) == 0 &&
        (end == text.size() || !is_path_character(text[end])))
      return path;
  }
  return "";
}

// The quotes that the shell is in after `c`: '\'', '"' or 0.
char quotes_after(char quotes, char c) {
  if (c != '\'' && c != '"') return quotes;
  if (quotes == 0) return c;
  return quotes == c ? '\0' : quotes;
}

// Shell text with the root before each of the paths, within quotes or without.
std::string moved_to_root(const std::string& text, const std::vector<std::string>& paths) {
  std::string moved;
  char quotes = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::string path = path_at(text, i, paths);
    if (path.empty()) {
      const bool escapes = text[i] == '\\' && quotes != '\'';
      quotes = quotes_after(quotes, text[i]);
      moved += text.substr(i, escapes ? 2 : 1);
      i += escapes ? 2 : 1;
      continue;
    }
    // Out of the quotes, where there are any, and in again.
    const std::string end = quotes == 0 ? "" : std::string(1, quotes);
    moved.append(end).append(kRoot).append(end).append(path);
    i += path.size();
  }
  return moved;
}

// A command as a line of shell, or nothing when it is none.
std::string command_line(const Json& command, const std::vector<std::string>& paths) {
  if (const auto text = command.as_string()) return moved_to_root(*text, paths);
  std::string line;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const auto word = command.at(i).as_string();
    if (!word) return "";
    if (!line.empty()) line += ' ';
    line += moved_to_root(in_quotes(*word), paths);
  }
  return line;
}

}  // namespace

std::string read_cloud_init(Fields& fields, const char* key) {
  auto init = fields.object(key);
  if (!init) return "";
  init->expect({"packages", "write_files", "runcmd"});
  (void)init->texts("packages");
  std::string script;
  std::vector<std::string> paths;
  const auto files = init->list("write_files");
  for (std::size_t i = 0; i < files.size(); ++i) {
    const File file =
        read_file_entry(Fields(init->mistakes(), files[i], init->place_of("write_files", i)));
    script += write_command(file);
    paths.push_back(file.path);
  }
  const auto commands = init->list("runcmd");
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string line = command_line(commands[i], paths);
    if (line.empty())
      init->mistakes().add(
          init->place_of("runcmd", i), "str or list of str expected", "type_error");
    script += line + "\n";
  }
  return script.empty() ? "" : "#!/bin/sh\n" + script;
}

}  // namespace spillway::voltage_park_api
