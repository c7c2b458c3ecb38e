#![allow(clippy::print_stdout, missing_docs)]
fn main() {
    let a: Vec<String> = std::env::args().collect();
    use bedside_local::Format::*;
    let bytes = std::fs::read(&a[1]).unwrap();
    let n: usize = a[3].parse().unwrap();
    let mut reference: Option<Vec<f32>> = None;
    for (name, f) in [("f32",F32),("f16",F16),("f16b",F16Block),("bf16b",Bf16Block),("f32b",F32Block),("q8",Q8),("q4",Q4),("q8dense",Q8Dense)] {
        if a[2] != "all" && !a[2].split(',').any(|x| x == name) { continue }
        let r = bedside_local::bench(&bytes, f, n, 33);
        match r { Err(e) => println!("{name} {e}"),
        Ok((load,p,d,l)) => {
            let err = reference.as_ref().map(|r| r.iter().zip(&l).map(|(a,b)| (a-b).abs()).fold(0f32,f32::max));
            if reference.is_none() { reference = Some(l.clone()) }
            println!("{name:8} load {load:.2}s prompt {p:.0} tok/s decode {d:.1} tok/s max logit err {err:?} ");
        } }
    }
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM")||l.starts_with("VmRSS")).collect::<Vec<_>>().join(" "));
}
