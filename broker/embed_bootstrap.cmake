# Writes the source file that holds etc/bootstrap.sh as a string.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "// Made from etc/bootstrap.sh.
#include <string>

#include \"broker/join.h\"

namespace spillway {

const std::string& bootstrap_script() {
  static const std::string kScript = R\"bootstrap(${text})bootstrap\";
  return kScript;
}

}  // namespace spillway
")
