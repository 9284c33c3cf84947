// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace spillway::simulation {
namespace {

constexpr int kSector = 512;
constexpr int kLongestPath = 512;
constexpr const char* kName = "simulated-disk";

// SQLite's view of an open file: its own part first.
struct OpenFile {
  sqlite3_file base;
  Disk* disk;
  std::string* path;  // owned
};

OpenFile& opened(sqlite3_file* file) {
  return *reinterpret_cast<OpenFile*>(file);
}

Disk::File& content_of(sqlite3_file* file) {
  return opened(file).disk->make(*opened(file).path);
}

void carry_over(std::string& content, const Disk::Write& write) {
  const auto offset = static_cast<std::size_t>(write.offset);
  if (write.is_truncation) return content.resize(offset);
  if (content.size() < offset + write.bytes.size()) content.resize(offset + write.bytes.size());
  content.replace(offset, write.bytes.size(), write.bytes);
}

int close_file(sqlite3_file* file) {
  delete opened(file).path;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  const auto& content = content_of(file).content;
  const auto size = static_cast<sqlite3_int64>(content.size());
  const auto there = static_cast<int>(std::clamp<sqlite3_int64>(size - offset, 0, count));
  std::memset(bytes, 0, static_cast<std::size_t>(count));
  if (there > 0) std::memcpy(bytes, content.data() + offset, static_cast<std::size_t>(there));
  return there == count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_to(sqlite3_file* file, Disk::Write write) {
  auto& target = content_of(file);
  carry_over(target.content, write);
  target.pending.push_back(std::move(write));
  return SQLITE_OK;
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const bool grows = offset + count > static_cast<sqlite3_int64>(content_of(file).content.size());
  if (const int code = opened(file).disk->next_operation(grows); code != SQLITE_OK) return code;
  std::string text(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
  return write_to(file, {offset, std::move(text), false});
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = opened(file).disk->next_operation(false); code != SQLITE_OK) return code;
  return write_to(file, {size, "", true});
}

int sync_file(sqlite3_file* file, int /*flags*/) {
  if (const int code = opened(file).disk->next_operation(false); code != SQLITE_OK) return code;
  if (opened(file).disk->forgets_syncs()) return SQLITE_OK;
  auto& target = content_of(file);
  target.synced = target.content;
  target.pending.clear();
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(content_of(file).content.size());
  return SQLITE_OK;
}

// One connection: nobody to lock out.
int lock_file(sqlite3_file* /*file*/, int /*level*/) {
  return SQLITE_OK;
}

int check_lock(sqlite3_file* /*file*/, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}

int control_file(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file* /*file*/) {
  return kSector;
}

int characteristics(sqlite3_file* /*file*/) {
  return 0;
}

constexpr sqlite3_io_methods make_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;
  methods.xClose = close_file;
  methods.xRead = read_file;
  methods.xWrite = write_file;
  methods.xTruncate = truncate_file;
  methods.xSync = sync_file;
  methods.xFileSize = size_of_file;
  methods.xLock = lock_file;
  methods.xUnlock = lock_file;
  methods.xCheckReservedLock = check_lock;
  methods.xFileControl = control_file;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  return methods;
}
constexpr sqlite3_io_methods kMethods = make_methods();

thread_local Disk* disk_of_thread = nullptr;

int open_file(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* given) {
  auto& disk = *disk_of_thread;
  const std::string name = path == nullptr ? "temporary" : path;
  (void)disk.make(name);
  auto* made = new (file) OpenFile{{&kMethods}, &disk, new std::string(name)};
  made->base.pMethods = &kMethods;
  if (given != nullptr) *given = flags;
  return SQLITE_OK;
}

int remove_file(sqlite3_vfs* /*vfs*/, const char* path, int /*sync*/) {
  disk_of_thread->remove(path);
  return SQLITE_OK;
}

int look_for_file(sqlite3_vfs* /*vfs*/, const char* path, int /*flags*/, int* found) {
  *found = disk_of_thread->find(path) != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* path, int size, char* full) {
  sqlite3_snprintf(size, full, "%s", path);
  return SQLITE_OK;
}

int no_chance(sqlite3_vfs* /*vfs*/, int size, char* bytes) {
  std::memset(bytes, 0, static_cast<std::size_t>(size));
  return size;
}

int no_sleep(sqlite3_vfs* /*vfs*/, int microseconds) {
  return microseconds;
}

int no_time(sqlite3_vfs* /*vfs*/, double* time) {
  *time = 0;
  return SQLITE_OK;
}

int no_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*text*/) {
  return 0;
}

sqlite3_vfs make_vfs() {
  sqlite3_vfs vfs{};
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = kLongestPath;
  vfs.zName = kName;
  vfs.xOpen = open_file;
  vfs.xDelete = remove_file;
  vfs.xAccess = look_for_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = no_chance;
  vfs.xSleep = no_sleep;
  vfs.xCurrentTime = no_time;
  vfs.xGetLastError = no_error;
  return vfs;
}

// SQLite's default from then on, for all threads.
void put_vfs_in_place() {
  static sqlite3_vfs vfs = make_vfs();
  static const int registered = sqlite3_vfs_register(&vfs, 1);
  (void)registered;
}

// What of a write reached the platters, sector by sector.
void tear(std::string& content, const Disk::Write& write, Dice& dice) {
  if (write.is_truncation) {
    if (dice.chance(50)) carry_over(content, write);
    return;
  }
  for (std::size_t begin = 0; begin < write.bytes.size();) {
    const auto at = static_cast<std::size_t>(write.offset) + begin;
    const auto length = std::min<std::size_t>(kSector - at % kSector, write.bytes.size() - begin);
    if (dice.chance(50)) {
      carry_over(content,
                 {static_cast<std::int64_t>(at), write.bytes.substr(begin, length), false});
    }
    begin += length;
  }
}

}  // namespace

Disk::Disk() {
  put_vfs_in_place();
  disk_of_thread = this;
}

Disk::~Disk() {
  disk_of_thread = nullptr;
}

void Disk::restore() {
  left_ = -1;
  full_ = false;
}

void Disk::lose_power(Dice& dice) {
  for (auto& [path, file] : files_) {
    for (const auto& write : file.pending)
      tear(file.synced, write, dice);
    file.content = file.synced;
    file.pending.clear();
  }
}

Disk::File* Disk::find(const std::string& path) {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

int Disk::next_operation(bool grows) {
  if (full_ && grows) return SQLITE_FULL;
  if (left_ == 0) return SQLITE_IOERR;
  if (left_ > 0) --left_;
  return SQLITE_OK;
}

}  // namespace spillway::simulation
