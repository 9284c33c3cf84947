# Writes the source file that holds namespaces.sh as a string.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "// Made from sim/http/namespaces.sh.
#include \"sim/http/namespaces_script.h\"

namespace spillway {

const std::string& namespaces_script() {
  static const std::string kScript = R\"script(${text})script\";
  return kScript;
}

}  // namespace spillway
")
