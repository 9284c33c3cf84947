// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a list that comes in pages by offset, whole, also when it changes meanwhile. When a row
// leaves the list, all rows after it move up by one; the next page would begin one row too late,
// and a machine would be overlooked. So each page begins with the last row of the page before. If a
// page holds no row that is known, rows have slid past, and it is read again from further up, until
// it does. Rows that keep their order are thus never missed.
#pragma once

#include <cstddef>
#include <functional>

#include "lib/json.h"
#include "lib/result.h"
#include "providers/voltage-park/answer.h"

namespace spillway {

// Calls `take` once for each row that the list `name` has from the first page to the last; `ask`
// fetches the page that begins at an offset. Ends with the first error of either.
// Errors: theirs; kProtocol for rows without an id, and for a list that does not end, or ends
// before the cloud's own count of its rows.
[[nodiscard]] Status read_whole_list(
    const std::string& name,
    const std::function<Result<VoltageParkPage>(std::size_t offset)>& ask,
    const std::function<Status(const Json& row)>& take);

}  // namespace spillway
