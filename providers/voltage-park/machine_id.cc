// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/machine_id.h"

#include <algorithm>

#include "lib/text.h"

namespace spillway {
namespace {

using Kind = VoltageParkMachineId::Kind;

constexpr std::string_view kVm = "vm/";
constexpr std::size_t kLongestWord = 64;

// 1 to kVoltageParkMostNodes, as we write numbers: no zero in front.
std::optional<int> parse_count(std::string_view text) {
  const auto number = parse_whole_number(text, kVoltageParkMostNodes);
  if (!number || *number == 0 || text.front() == '0') return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<VoltageParkMachineId> parse_place(std::string_view rental, std::string_view rest) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto place = parse_count(rest.substr(0, slash));
  const auto places = parse_count(rest.substr(slash + 1));
  if (!place || !places || *place > *places || !is_voltage_park_word(rental)) return std::nullopt;
  return VoltageParkMachineId{Kind::kPlace, std::string(rental), "", *place, *places};
}

}  // namespace

bool is_voltage_park_word(std::string_view text) {
  return !text.empty() && text.size() <= kLongestWord &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == ':' || c == '_';
         });
}

std::optional<VoltageParkMachineId> parse_voltage_park_id(std::string_view text) {
  if (text.starts_with(kVm)) {
    const auto vm = text.substr(kVm.size());
    if (!is_voltage_park_word(vm)) return std::nullopt;
    return VoltageParkMachineId{Kind::kVm, std::string(vm), "", 0, 0};
  }
  const auto end = text.find_first_of("#/");
  if (end == std::string_view::npos) return std::nullopt;
  const auto rental = text.substr(0, end);
  const auto rest = text.substr(end + 1);
  if (text[end] == '#') return parse_place(rental, rest);
  if (!is_voltage_park_word(rental) || !is_voltage_park_word(rest)) return std::nullopt;
  return VoltageParkMachineId{Kind::kNode, std::string(rental), std::string(rest), 0, 0};
}

std::string voltage_park_node(const std::string& rental, const std::string& address) {
  return rental + "/" + address;
}

std::string voltage_park_vm(const std::string& vm) {
  return std::string(kVm) + vm;
}

std::vector<std::string> voltage_park_places(const std::string& rental, int places) {
  std::vector<std::string> ids;
  for (int place = 1; place <= places; ++place)
    ids.push_back(rental + "#" + std::to_string(place) + "/" + std::to_string(places));
  return ids;
}

std::string voltage_park_rental_name(const Mark& mark, int nodes) {
  return format_mark(mark) + "-x" + std::to_string(nodes);
}

std::optional<VoltageParkName> parse_voltage_park_name(std::string_view name) {
  if (auto mark = parse_mark(name)) return VoltageParkName{*std::move(mark), 1};
  const auto end = name.rfind("-x");
  if (end == std::string_view::npos) return std::nullopt;
  auto mark = parse_mark(name.substr(0, end));
  const auto nodes = parse_count(name.substr(end + 2));
  if (!mark || !nodes) return std::nullopt;
  return VoltageParkName{*std::move(mark), *nodes};
}

}  // namespace spillway
