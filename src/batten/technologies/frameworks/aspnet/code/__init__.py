"""What source files of C# make of an ASP.NET Core application; nothing is compiled or run."""
