module reference

go 1.27
