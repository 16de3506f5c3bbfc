// `rollcall/register`: lets node read the sources of a service, with the reader that the package brings.
import "tsx";
