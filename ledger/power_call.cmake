# What spillway-resume and spillway-suspend share.
spillway_room(spillway_power_call
  SOURCES power_call.cc
  LINKS spillway_ledger spillway_core spillway_lib)

# spillway_power_program(<name> SOURCES ...): a power-save program. It is started for every call of
# slurmctld, so it loads no library that it does not use.
function(spillway_power_program name)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES" ${ARGN})
  spillway_program(${name} SOURCES ${PROGRAM_SOURCES} LINKS spillway_power_call)
  target_link_options(${name} PRIVATE -Wl,--as-needed -static-libgcc -static-libstdc++)
endfunction()
