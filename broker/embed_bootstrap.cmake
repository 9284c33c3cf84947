# Writes the parts of etc/bootstrap, in their order, as one script, and as the source file that holds it
# as a string.
set(text "#!/bin/sh\n")
foreach(part IN LISTS PARTS)
  file(READ "${part}" words)
  string(APPEND text "${words}")
endforeach()
file(WRITE "${SCRIPT}" "${text}")
file(WRITE "${SOURCE}" "// Made from etc/bootstrap/*.sh.
#include <string>

#include \"broker/join.h\"

namespace spillway {

const std::string& bootstrap_script() {
  static const std::string kScript = R\"bootstrap(${text})bootstrap\";
  return kScript;
}

}  // namespace spillway
")
