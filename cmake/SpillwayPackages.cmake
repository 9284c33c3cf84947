# The third-party parts, all from the distribution's packages (scripts/setup installs them).

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(httplib QUIET)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# cpp-httplib: Debian 12 ships a compiled library, with TLS in it.
find_path(HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
find_library(HTTPLIB_LIBRARY NAMES cpp-httplib REQUIRED)
add_library(spillway_httplib INTERFACE)
target_include_directories(spillway_httplib SYSTEM INTERFACE ${HTTPLIB_INCLUDE_DIR})
target_compile_definitions(spillway_httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT)
target_link_libraries(spillway_httplib INTERFACE ${HTTPLIB_LIBRARY} OpenSSL::SSL OpenSSL::Crypto
                      Threads::Threads)

# Slurm: its public headers, its version, and where it keeps its plugins.
find_path(SLURM_INCLUDE_DIR slurm/slurm.h REQUIRED)
find_library(SLURM_LIBRARY NAMES slurm REQUIRED)
file(STRINGS ${SLURM_INCLUDE_DIR}/slurm/slurm_version.h slurm_version_lines
     REGEX "define SLURM_VERSION_(NUMBER|STRING)")
string(REGEX MATCH "SLURM_VERSION_NUMBER +(0x[0-9a-fA-F]+)" _ "${slurm_version_lines}")
math(EXPR SLURM_VERSION_NUMBER "${CMAKE_MATCH_1}")
find_path(SLURM_PLUGIN_DIR select_cons_tres.so
          PATH_SUFFIXES slurm-wlm slurm
          PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} /usr/lib64 /usr/lib
                /usr/local/lib NO_DEFAULT_PATH REQUIRED)
